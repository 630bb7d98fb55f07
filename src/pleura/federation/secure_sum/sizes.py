"""A round's terms in, the numbers that all backends share out, so that each gives the same sums to the last bit."""

from dataclasses import dataclass

from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.terms import RoundTerms

__all__ = ["Sizes", "sizes_of"]


@dataclass(frozen=True)
class Sizes:
    """How one hospital's vector is cut into slots."""

    parameters: Parameters
    """Of the ring encryption; the other backends take their levels from it, too."""
    slots: int
    """Slots of a vector."""

    @property
    def levels(self) -> int:
        """A hospital's slot holds 0 to this; the sum of all hospitals' stays below 2^28."""
        return self.parameters.levels


def sizes_of(terms: RoundTerms) -> Sizes:
    """Sizes of a round.

    Raises
    ------
    TermsError
        If there is room for more than 128 hospitals.
    """
    parameters = Parameters(most_hospitals=terms.most_hospitals, values_per_coefficient=terms.values_per_coefficient)
    return Sizes(parameters, terms.layout.slots(parameters.levels))

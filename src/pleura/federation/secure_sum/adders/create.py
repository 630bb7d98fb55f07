"""A round's terms in, the adder of their backend out."""

from collections.abc import Callable

from pleura.federation.secure_sum.adders.adder import Adder
from pleura.federation.secure_sum.adders.ring import RingAdder
from pleura.federation.secure_sum.adders.seal import SealAdder
from pleura.federation.secure_sum.adders.words import WordsAdder
from pleura.federation.secure_sum.terms import Backend, RoundTerms

__all__ = ["ADDERS", "create_adder"]


ADDERS: dict[Backend, Callable[[RoundTerms], Adder]] = {
    "ring": RingAdder,
    "seal": SealAdder,
    "masks": WordsAdder,
    "plain": WordsAdder,
}


def create_adder(terms: RoundTerms) -> Adder:
    """Make the server's side of the round's backend.

    Raises
    ------
    TermsError
        If the backend has no room for so many hospitals.
    """
    return ADDERS[terms.backend](terms)

"""The number of hospitals and the packing in, every size of the ring encryption out; never chosen by hand."""

import json
from dataclasses import dataclass
from hashlib import sha256

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.modulus import LANES, MODULUS, PRIMES, RING_DEGREE

__all__ = ["DATA_COEFFICIENTS", "LEAST_HOSPITALS", "MOST_HOSPITALS", "NOISE_BITS", "Parameters"]

LEAST_HOSPITALS, MOST_HOSPITALS = 3, 128
"""Beyond 128 hospitals the sums of two tags no longer fit into one check coefficient."""

NOISE_BITS = 21
"""Noise and secret: the ones among 21 random bits less those among 21 others. Noise is sent 21 larger, 0 to 42."""

DATA_COEFFICIENTS = RING_DEGREE - 1
"""Coefficients of a ring element that carry values; the last one is the check."""


Octets = bytes  # a name beside that of the method below


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Sizes of the encryption, so chosen that the sum of all hospitals' messages and noise stays below the modulus.

    Raises
    ------
    TermsError
        If the hospitals are not 3 to 128, or the values a coefficient not 3 or 4.
    """

    most_hospitals: int
    """Hospitals that may take part in one sum, 3 to 128."""
    values_per_coefficient: int
    """4: fewest bytes; 3: about float32's precision."""

    def __post_init__(self) -> None:
        if not LEAST_HOSPITALS <= self.most_hospitals <= MOST_HOSPITALS:
            raise TermsError(
                f"the ring sum is for {LEAST_HOSPITALS} to {MOST_HOSPITALS} hospitals, got {self.most_hospitals}; "
                "choose a number between them"
            )
        if self.values_per_coefficient not in (3, 4):
            raise TermsError(
                f"a coefficient holds 3 or 4 values, got {self.values_per_coefficient}; choose one of them"
            )

    @classmethod
    def for_precision(cls, *, most_hospitals: int, relative_step: float) -> "Parameters":
        """Choose the smallest upload whose levels are fine enough.

        Parameters
        ----------
        relative_step : the largest bearable step between two levels, in parts of the whole range of a value

        Raises
        ------
        TermsError
            If not even three values a coefficient hold it.
        """
        for values in (4, 3):
            found = cls(most_hospitals=most_hospitals, values_per_coefficient=values)
            if 1 / found.levels <= relative_step:
                return found
        raise TermsError(
            f"a step of {relative_step:g} of the range is finer than {found.levels} levels hold, which is the most for "
            f"{most_hospitals} hospitals; ask for a coarser step, or for fewer hospitals"
        )

    @property
    def slot_bits(self) -> int:
        """Bits w of a slot; the sum of all hospitals' values fits into them."""
        most_noise = 2 * NOISE_BITS * self.most_hospitals
        largest = (MODULUS // (most_noise + 1)).bit_length() - 1  # 2^largest (most_noise + 1) <= q
        return largest // self.values_per_coefficient

    @property
    def message_bits(self) -> int:
        """Bits of a message: all slots of a coefficient."""
        return self.values_per_coefficient * self.slot_bits

    @property
    def t(self) -> int:
        """What the noise is multiplied by: one more than the largest message."""
        return 1 << self.message_bits

    @property
    def tag_bits(self) -> int:
        """Where the second tag begins in the message of a check coefficient: half the message's bits, rounded down."""
        return self.message_bits // 2

    @property
    def levels(self) -> int:
        """The largest number that one hospital may put into a slot."""
        return ((1 << self.slot_bits) - 1) // self.most_hospitals

    @property
    def digest(self) -> Octets:
        """SHA-256 over all that both sides must agree on, 32 bytes."""
        fields = {
            "format": 1,
            "ring_degree": RING_DEGREE,
            "primes": PRIMES,
            "lanes": LANES,
            "noise_bits": NOISE_BITS,
            "most_hospitals": self.most_hospitals,
            "values_per_coefficient": self.values_per_coefficient,
            "slot_bits": self.slot_bits,
            "levels": self.levels,
        }
        return sha256(b"pleura ring parameters 1\0" + json.dumps(fields, sort_keys=True).encode()).digest()

    def step(self, clip: float) -> float:
        """Distance of two neighbouring levels between -clip and clip."""
        return 2 * clip / self.levels

    def ring_elements(self, slots: int) -> int:
        """Ring elements that carry a vector of this many slots.

        Raises
        ------
        TermsError
            If the number is negative.
        """
        if slots < 0:
            raise TermsError(f"a vector has 0 or more slots, got {slots}")
        return -(-slots // (DATA_COEFFICIENTS * self.values_per_coefficient))

    def blocks(self, slots: int) -> list[int]:
        """Ring elements of each block: 16 of all but the last."""
        whole, rest = divmod(self.ring_elements(slots), LANES)
        return [LANES] * whole + [rest] * (rest > 0)

    def bytes(self, slots: int) -> int:
        """Bytes of one hospital's upload, headers not counted."""
        return self.ring_elements(slots) * RING_DEGREE * len(PRIMES) * 4

"""Payloads of BFV ciphertexts in, their sum out: words modulo SEAL's prime, added without SEAL.

A ciphertext of the scheme of Fan and Vercauteren with N = 2048 and one prime q of 54 bits, the largest that the
homomorphic encryption standard allows for 128 bits of security at this N: two polynomials of 2048 words of 64 bits.
It carries one or two slots a coefficient, as many as its plaintext modulus leaves room for.

References
----------
Fan and Vercauteren (2012), Somewhat practical fully homomorphic encryption, Cryptology ePrint Archive 2012/144.
Microsoft SEAL 4.4, https://github.com/microsoft/SEAL.
"""

import json
from collections.abc import Iterable
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from pleura.errors import WireError
from pleura.federation.secure_sum.sizes import Sizes, sizes_of
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.secure_sum.wire import Form, Pieces

__all__ = ["CIPHERTEXTS_IN_PART", "COEFFICIENTS", "PRIME", "WORDS", "SealAdder", "slots_in_coefficient"]

COEFFICIENTS = 2048
PRIME = 18014398509404161
"""Q, what SEAL chooses for 54 bits."""
WORDS = 2 * COEFFICIENTS
"""Of a ciphertext."""
CIPHERTEXTS_IN_PART = 32
"""A part is 1 MiB."""

_MOST_PLAIN_BITS = 42
"""With plaintexts below 2^42, noise of 128 hospitals, at most 22 each, stays below q / 2^43."""


def slots_in_coefficient(sizes: Sizes) -> int:
    """Slots that one coefficient of a plaintext carries: 2 where both fit, else 1."""
    return 2 if 2 * sizes.parameters.slot_bits <= _MOST_PLAIN_BITS else 1


class SealAdder:
    """Adds BFV ciphertexts.

    Parameters
    ----------
    terms : of the round
    """

    def __init__(self, terms: RoundTerms) -> None:
        sizes = sizes_of(terms)
        packed = slots_in_coefficient(sizes)
        ciphertexts = -(-sizes.slots // (COEFFICIENTS * packed))
        fields = {"coefficients": COEFFICIENTS, "prime": PRIME, "slots": packed, "like": sizes.parameters.digest.hex()}
        parameters = sha256(b"pleura seal parameters 1\0" + json.dumps(fields, sort_keys=True).encode()).digest()
        self.form = Form.of(parameters, 8 * WORDS * ciphertexts, 8 * WORDS * CIPHERTEXTS_IN_PART)

    def check(self, part: int, payload: memoryview) -> None:
        """Refuse with `WireError` a word that is not below the prime."""
        words = _words(payload)
        if words.size and words.max() >= PRIME:
            raise WireError(f"a word of part {part} is {words.max()}, not below {PRIME}; refuse the upload")

    def add_up(self, part: int, payloads: Iterable[memoryview]) -> Pieces:
        """Add modulo the prime."""
        total = np.zeros(self.form.payload_bytes(part) // 8, np.uint64)
        for payload in payloads:
            self.check(part, payload)
            total += _words(payload)
            np.minimum(total, total - np.uint64(PRIME), out=total)  # wraps around to a large number where it is below
        return [total.astype("<u8", copy=False).data]


def _words(payload: memoryview) -> npt.NDArray[np.uint64]:
    return np.frombuffer(payload, "<u8")

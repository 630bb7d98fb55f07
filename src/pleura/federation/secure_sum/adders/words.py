"""Payloads of 32-bit words in, one a slot, their sum out: the adder of the backends `plain` and `masks`.

It adds modulo 2^32, and the sum of all hospitals' slots is below 2^28. In `plain` the words are the slots themselves,
in the clear, and one above the levels is refused. In `masks` each is hidden by masks that cancel in the sum, so that
any word may come.
"""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from pleura.errors import WireError
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.secure_sum.wire import Form, Pieces

__all__ = ["SLOTS_IN_PART", "WordsAdder"]

SLOTS_IN_PART = 1 << 18
"""A part is 1 MiB."""


class WordsAdder:
    """Adds slots as they are.

    Parameters
    ----------
    terms : of the round; their backend is plain or masks
    """

    def __init__(self, terms: RoundTerms) -> None:
        sizes = sizes_of(terms)
        parameters = sha256(f"pleura {terms.backend} parameters 1\0".encode() + sizes.parameters.digest).digest()
        self.form = Form.of(parameters, 4 * sizes.slots, 4 * SLOTS_IN_PART)
        self._largest = sizes.levels if terms.backend == "plain" else 2**32 - 1

    def check(self, part: int, payload: memoryview) -> None:
        """Refuse with `WireError` a slot above the levels."""
        words = _words(payload)
        if words.size and words.max() > self._largest:
            raise WireError(
                f"a slot of part {part} is {words.max()}, a slot is 0 to {self._largest}; refuse the upload"
            )

    def add_up(self, part: int, payloads: Iterable[memoryview]) -> Pieces:
        """Add modulo 2^32."""
        total = np.zeros(self.form.payload_bytes(part) // 4, np.uint32)
        for payload in payloads:
            self.check(part, payload)
            total += _words(payload)
        return [total.astype("<u4", copy=False).data]


def _words(payload: memoryview) -> npt.NDArray[np.uint32]:
    return np.frombuffer(payload, "<u4")

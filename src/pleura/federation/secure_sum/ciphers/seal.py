"""Slots in, SEAL's BFV ciphertexts out, under one secret key that all hospitals share: the fall-back for the ring.

It rests on a known library where the ring encryption is this project's own, and trusts every hospital for it: one that
gives the key to the server, or reads what others send to it, reads every hospital's vector. Nothing finds an altered
sum. A part of the hospitals may drop out before the set of uploads is fixed, and none is needed to open it.

Messages take 8 bytes a slot where two of them fit a coefficient, which is so with four values a coefficient in the
terms, and 16 with three.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from pleura.errors import TermsError
from pleura.federation.secure_sum.adders.seal import COEFFICIENTS, WORDS, SealAdder, slots_in_coefficient
from pleura.federation.secure_sum.ciphers.cipher import WithoutAnswers
from pleura.federation.secure_sum.ciphers.keyring import Keyring, own_keys
from pleura.federation.secure_sum.ciphers.seal_context import SealContext
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.slots import SlotVector
from pleura.federation.secure_sum.sums import SlotSums
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import Pieces

__all__ = ["SealCipher"]


class SealCipher(WithoutAnswers):
    """BFV under the shared key."""

    def __init__(self, terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int) -> None:  # noqa: ARG002
        held = own_keys(keys, terms, place)
        if held.seal_key is None:
            raise TermsError("the backend seal needs the shared key; let one hospital make it with make_seal_key")
        self._sizes = sizes_of(terms)
        self._packed = slots_in_coefficient(self._sizes)
        self._bits = np.uint64(self._sizes.parameters.slot_bits)
        self._seal = SealContext(self._packed * int(self._bits))
        self._seal.use(self._seal.secret_key(held.seal_key, held.group_key))
        self.form = SealAdder(terms).form

    def encrypt(self, vector: SlotVector) -> Iterator[Pieces]:
        """Encrypt; a ciphertext carries its first 2048 slots in the low bits of its coefficients, then the others."""
        slots = np.empty((self._packed, COEFFICIENTS), np.uint32)
        start = 0
        for part in range(self.form.parts):
            pieces = []
            for _ in range(self.form.payload_bytes(part) // (8 * WORDS)):
                vector.fill(start, slots.reshape(-1))
                start += slots.size
                coefficients = slots[0].astype(np.uint64)
                for number in range(1, self._packed):
                    coefficients |= slots[number].astype(np.uint64) << (self._bits * np.uint64(number))
                pieces.append(self._seal.encrypt(coefficients))
            yield pieces

    def decrypt(
        self,
        upload_set: UploadSet,  # noqa: ARG002
        payloads: Iterable[memoryview],
        answers: Iterable[bytes],  # noqa: ARG002
    ) -> Iterator[SlotSums]:
        """Decrypt with the shared key."""
        left = self._sizes.slots
        mask = (np.uint64(1) << self._bits) - np.uint64(1)
        for payload in payloads:
            for at in range(0, len(payload), 8 * WORDS):
                coefficients = self._seal.decrypt(payload[at : at + 8 * WORDS])
                rows = [coefficients >> (self._bits * np.uint64(number)) & mask for number in range(self._packed)]
                found = np.concatenate(rows)[:left]
                left -= found.size
                yield found

"""Slots in, ring ciphertext out under a fresh secret; the sum and enough answers in, the summed slots out: the default.

No hospital and not the server holds a key that opens another hospital's upload.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import numpy as np
import numpy.typing as npt

from pleura.federation.secure_sum.adders.ring import BLOCKS_IN_PART, RingAdder
from pleura.federation.secure_sum.ciphers.keyring import Keyring, own_keys
from pleura.federation.secure_sum.ring.decryption import decrypt
from pleura.federation.secure_sum.ring.encryption import encrypt
from pleura.federation.secure_sum.ring.secret import RoundSecret
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.slots import SlotVector
from pleura.federation.secure_sum.sums import SlotSums
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.unmasking import combine, deal, make_answer
from pleura.federation.secure_sum.wire import Pieces

__all__ = ["RingCipher"]


class RingCipher:
    """One hospital's ring encryption in one attempt; its secret lives here from the first part to the dealing."""

    def __init__(self, terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int) -> None:
        self._terms, self._place, self._threads = terms, place, threads
        self._keys = own_keys(keys, terms, place)
        self._sizes = sizes_of(terms)
        self._digest = terms.digest
        self._check_key = self._keys.group_key.check_key(self._digest)
        self._adder = RingAdder(terms)
        self._secret = RoundSecret.fresh()
        self.form = self._adder.form

    def encrypt(self, vector: SlotVector) -> Iterator[Pieces]:
        """Encrypt under the secret; `SecureSumError` if that was done before."""
        blocks = encrypt(
            vector.fill,
            len(vector),
            self._secret,
            self._sizes.parameters,
            self._digest,
            self._check_key,
            threads=self._threads,
        )
        return self._payloads(blocks)

    def _payloads(self, blocks: Iterator[npt.NDArray[np.uint32]]) -> Iterator[Pieces]:
        for _ in range(self.form.parts):
            yield [words.astype("<u4", copy=False).data for words in islice(blocks, BLOCKS_IN_PART)]

    def share_message(self) -> bytes:
        """Deal the secret and wipe it; `SecureSumError` if that was done before."""
        message = deal(self._secret.coefficients, self._terms, self._place, self._keys.hospital, self._keys.members)
        self._secret.wipe()
        return message

    def answer(self, upload_set: UploadSet, share_messages: Mapping[int, bytes]) -> bytes:
        """Give the sum of the shares that the hospitals of the upload set dealt to this one."""
        keys = self._keys
        return make_answer(share_messages, upload_set, self._place, keys.hospital, keys.members, keys.group_key)

    def decrypt(
        self, upload_set: UploadSet, payloads: Iterable[memoryview], answers: Iterable[bytes]
    ) -> Iterator[SlotSums]:
        """Combine the answers, open the sum with them, and check every ring element of it."""
        secret_sum = combine(answers, upload_set, self._keys.members, self._keys.group_key)
        blocks = (words for part, payload in enumerate(payloads) for words, _ in self._adder.blocks(part, payload))
        return decrypt(
            blocks,
            secret_sum,
            self._sizes.slots,
            self._sizes.parameters,
            self._digest,
            self._check_key,
            len(upload_set.senders),
            threads=self._threads,
        )

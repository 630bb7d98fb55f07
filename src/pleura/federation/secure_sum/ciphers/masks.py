"""Slots in, slots hidden by masks out that cancel in the sum of all members: pairwise one-time pads modulo 2^32.

Hospitals i < j share a keystream, AES-256 in counter mode under a key that only the two can compute (X25519,
HKDF-SHA256, bound to the terms); i adds it to its slots and j subtracts it. Each member has to upload: what the
missing one shares with the others would stay in the sum, and nothing here takes it out. The server reads the sum,
though no single hospital's vector.

The masks of an attempt are the same whenever they are made, so that a second upload with other values, in the same
attempt, would give the difference away: after a failure the next attempt's terms are needed, even if the program was
started anew in between.

References
----------
Bonawitz et al. (2017), Practical secure aggregation for privacy-preserving machine learning, ACM CCS: masking with
one-time pads; here without its recovery of hospitals that drop out.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers import CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from pleura.errors import TermsError
from pleura.federation.secure_sum.adders.words import WordsAdder
from pleura.federation.secure_sum.ciphers.cipher import WithoutAnswers
from pleura.federation.secure_sum.ciphers.keyring import Keyring, own_keys
from pleura.federation.secure_sum.slots import SlotVector
from pleura.federation.secure_sum.sums import SlotSums
from pleura.federation.secure_sum.terms import RoundTerms, UploadSet
from pleura.federation.secure_sum.wire import Pieces

__all__ = ["MasksCipher"]

_CHUNK = 1 << 14
"""Slots that are masked by one hospital's stream after the other while they are in the fastest caches."""


class MasksCipher(WithoutAnswers):
    """Hides slots by pairwise masks."""

    def __init__(self, terms: RoundTerms, place: int, keys: Keyring | None, *, threads: int) -> None:  # noqa: ARG002
        held = own_keys(keys, terms, place)
        self._terms = terms
        self.form = WordsAdder(terms).form
        context = b"pleura masks 1\0" + terms.digest
        self._streams: list[tuple[CipherContext, bool]] = []
        for other, member in enumerate(held.members.of(terms)):
            if other != place:
                key = held.hospital.pair_key(member, context)
                self._streams.append((Aes(AES256(key), CTR(bytes(16))).encryptor(), other > place))

    def encrypt(self, vector: SlotVector) -> Iterator[Pieces]:
        """Add the masks modulo 2^32."""
        zeros, mask = memoryview(bytes(4 * _CHUNK)), np.empty(4 * _CHUNK + 15, np.uint8)
        start = 0
        for part in range(self.form.parts):
            words = np.empty(self.form.payload_bytes(part) // 4, np.uint32)
            vector.fill(start, words)
            start += words.size
            for first in range(0, words.size, _CHUNK):
                chunk = words[first : first + _CHUNK]
                for stream, adds in self._streams:
                    stream.update_into(zeros[: chunk.nbytes], mask.data)
                    other = mask[: chunk.nbytes].view("<u4")
                    if adds:
                        chunk += other
                    else:
                        chunk -= other
            yield [words.astype("<u4", copy=False).data]

    def decrypt(
        self,
        upload_set: UploadSet,
        payloads: Iterable[memoryview],
        answers: Iterable[bytes],  # noqa: ARG002
    ) -> Iterator[SlotSums]:
        """Give the sums, out of which the masks have fallen.

        Raises
        ------
        TermsError
            If a member's upload is not in the sum.
        """
        missing = set(range(len(self._terms.members))) - upload_set.senders
        if missing:
            raise TermsError(
                f"hospital {min(missing)} did not upload, so that its masks stay in the sum; with masks every member "
                "has to: run another attempt without it, or use the backend ring"
            )
        return (np.frombuffer(payload, "<u4") for payload in payloads)

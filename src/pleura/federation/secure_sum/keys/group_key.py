"""A member list in, one key that its members share and nobody else, for that membership epoch only.

One member makes it from the operating system's generator, seals it to each member and signs the message. A hospital
that left stands in no later list, so no later key is sealed to it. What is used is derived from the key with
HKDF-SHA256 (RFC 5869), never the key itself.
"""

import os
from hmac import compare_digest
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pleura.errors import TermsError, WireError
from pleura.federation.secure_sum.fields import Fields, number, opening
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.sealing import SEALING_BYTES, SIGNATURE_BYTES, check_signature, seal

__all__ = ["BOX_BYTES", "GroupKey"]

BOX_BYTES: Final = 28
"""What a box is longer by: 12 bytes of the nonce, 16 of the tag."""

_MAGIC: Final = b"PLEURGRP"
_KEY_BYTES: Final = 32


class GroupKey:
    """The key of one membership epoch, in memory.

    Made by `make` or `open`.
    """

    def __init__(self, key: bytes, epoch: int, list_digest: bytes) -> None:
        self._key = key
        self.epoch = epoch
        """The member list's number."""
        self.list_digest = list_digest
        """The member list's digest, 32 bytes."""

    def __repr__(self) -> str:
        return f"GroupKey(epoch {self.epoch}, {self.identity.hex()[:16]}...)"

    @property
    def identity(self) -> bytes:
        """What tells two keys apart and tells nothing of the key, 32 bytes."""
        return self.derive(b"identity", b"")

    @classmethod
    def make(cls, keys: HospitalKeys, members: MemberList) -> tuple[Self, bytes]:
        """Make the key of an epoch and the message that gives it to the members.

        Parameters
        ----------
        keys : the maker's, a member
        members : to whom it is sealed

        Returns
        -------
        the key, and the message: 80 bytes a member and 175 more

        Raises
        ------
        TermsError
            If the maker is not in the list.
        """
        members.find(keys.fingerprint)
        made = cls(os.urandom(_KEY_BYTES), members.number, members.digest)
        head = opening(_MAGIC) + number(members.number, 4) + members.digest
        head += bytes.fromhex(keys.fingerprint) + made.identity + number(len(members.members), 2)
        sealed = b"".join(seal(made._key, m.x25519, _context(head, m.fingerprint)) for m in members.members)
        return made, head + sealed + keys.sign(head + sealed)

    @classmethod
    def open(cls, message: bytes, keys: HospitalKeys, members: MemberList) -> Self:
        """Open the message of an epoch.

        Parameters
        ----------
        message : from outside
        keys : this hospital's
        members : the list of the epoch, verified

        Raises
        ------
        WireError
            If the message is of another list or epoch, or not signed by a member, or does not open, or holds another
            key than it says, so that no two members take different ones from it.
        TermsError
            If this hospital is not in the list.
        """
        own = members.members.index(members.find(keys.fingerprint))
        fields = Fields(message, f"the group key of epoch {members.number}")
        fields.opening(_MAGIC)
        epoch = fields.number(4)
        if epoch != members.number or fields.take(32) != members.digest:
            raise WireError(
                f"a group key for another member list than {members.number} was given (it says epoch {epoch}); "
                "ask for the key of the current list"
            )
        maker_fingerprint = fields.take(32).hex()
        identity = fields.take(32)
        count = len(members.members)
        fields.number(2, least=count, most=count)
        head = fields.so_far()
        sealed = [fields.take(_KEY_BYTES + SEALING_BYTES) for _ in range(count)]
        signed = fields.so_far()
        signature = fields.take(SIGNATURE_BYTES)
        fields.end()
        try:
            maker = members.find(maker_fingerprint)
        except TermsError as error:
            raise WireError(f"the group key was made by {maker_fingerprint[:16]}..., who is no member") from error
        check_signature(maker.ed25519, signed, signature, f"the group key, by {maker.name!r}")
        key = cls(keys.open(sealed[own], _context(head, keys.fingerprint)), epoch, members.digest)
        if not compare_digest(key.identity, identity):
            raise WireError(
                f"{maker.name!r} sealed another group key to this hospital than it says; "
                "let another member make the key of this epoch"
            )
        return key

    def derive(self, purpose: bytes, context: bytes) -> bytes:
        """Derive a key for one purpose and context, 32 bytes; it tells nothing about another one or the group key."""
        info = b"pleura group key 1\0" + number(len(purpose), 2) + purpose + context
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self._key)

    def check_key(self, terms_digest: bytes) -> bytes:
        """Derive the key of a round's check coefficients, 32 bytes; the server does not know it."""
        return self.derive(b"check", terms_digest)

    def lock(self, data: bytes, purpose: bytes, context: bytes, header: bytes = b"") -> bytes:
        """Encrypt for all members with AES-256-GCM and a fresh nonce.

        Parameters
        ----------
        data : what only members may read
        purpose, context : the key is derived for these
        header : goes in clear, elsewhere, and must be the same when the box is opened

        Returns
        -------
        28 bytes more than `data`
        """
        nonce = os.urandom(12)
        return nonce + AESGCM(self.derive(purpose, context)).encrypt(nonce, data, header)

    def unlock(self, box: bytes, purpose: bytes, context: bytes, header: bytes = b"") -> bytes:
        """Open what `lock` locked; `WireError` if it does not open."""
        try:
            return AESGCM(self.derive(purpose, context)).decrypt(box[:12], box[12:], header)
        except (InvalidTag, ValueError) as error:
            raise WireError(
                f"{len(box)} bytes do not open with the group key of epoch {self.epoch}; "
                "they were altered, or locked for another purpose or under another epoch's key"
            ) from error

    def check_list(self, members: MemberList) -> None:
        """Refuse with `TermsError` a member list that this key was not made for."""
        if self.list_digest != members.digest:
            raise TermsError(
                f"the group key is of epoch {self.epoch} and another member list than list {members.number}; "
                "take the key that was made for this list"
            )


def _context(head: bytes, recipient: str) -> bytes:
    return b"pleura group key 1\0" + head + bytes.fromhex(recipient)

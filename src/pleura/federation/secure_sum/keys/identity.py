"""A hospital's own keys: made by itself, kept in an owner-only folder; and what is public of them."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pleura.errors import KeyFileError, WireError
from pleura.federation.secure_sum.fields import Fields, opening, text
from pleura.federation.secure_sum.keys.files import KeyFolder
from pleura.federation.secure_sum.keys.pem import read_sealing, read_signing, write_pem
from pleura.federation.secure_sum.keys.sealing import (
    SIGNATURE_BYTES,
    check_sealing_key,
    check_signature,
    open_sealed,
)

__all__ = ["HospitalKeys", "PublicKeys"]

_MAGIC: Final = b"PLEURPUB"
_SIGNING, _SEALING, _PUBLIC = "signing.pem", "sealing.pem", "public.keys"


@dataclass(frozen=True)
class PublicKeys:
    """What a hospital gives to the coordinator, and everybody may know."""

    name: str
    """What people call the hospital; its keys, not its name, are who it is."""
    ed25519: bytes
    """Checks its signatures, 32 bytes."""
    x25519: bytes
    """Messages are sealed to it, 32 bytes."""
    proof: bytes
    """The owner's signature over the three fields above, 64 bytes: it vouches for both keys under this name."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over `ed25519` and `x25519`, 64 hexadecimal digits; read aloud when the hospital enrols."""
        return sha256(self.ed25519 + self.x25519).hexdigest()

    def to_bytes(self) -> bytes:
        """As it is sent, and read by `from_bytes`."""
        return _vouched(self.name, self.ed25519, self.x25519) + self.proof

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read from inside a longer message; errors as for `from_bytes`."""
        before = len(fields.so_far())
        fields.opening(_MAGIC)
        name = fields.text()
        ed25519, x25519 = fields.take(32), fields.take(32)
        vouched = fields.so_far()[before:]
        keys = cls(name, ed25519, x25519, fields.take(SIGNATURE_BYTES))
        check_signature(ed25519, vouched, keys.proof, f"the public keys of {name!r}, by their owner")
        check_sealing_key(x25519)
        return keys

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read public keys that came from outside, and check the proof.

        Raises
        ------
        WireError
            If they are none, or their owner does not vouch for them.
        """
        fields = Fields(data, "a hospital's public keys")
        keys = cls.read(fields)
        fields.end()
        return keys


class HospitalKeys:
    """Both key pairs of one hospital, in memory.

    Made by `create` or `load`.
    """

    def __init__(self, public: PublicKeys, signing: Ed25519PrivateKey, sealing: X25519PrivateKey) -> None:
        self.public = public
        self._signing = signing
        self._sealing = sealing

    def __repr__(self) -> str:
        return f"HospitalKeys({self.public.name!r}, {self.fingerprint[:16]}...)"

    @property
    def fingerprint(self) -> str:
        """Of the public halves, 64 hexadecimal digits."""
        return self.public.fingerprint

    @classmethod
    def create(cls, folder: Path, name: str, passphrase: str | None = None) -> Self:
        """Make both pairs from the operating system's generator and write them.

        Parameters
        ----------
        folder : made with mode 0700 if it is absent; keys that are there are not written over
        name : what people call the hospital
        passphrase : locks both private keys; 12 characters or more

        Raises
        ------
        KeyFileError
            If the name or passphrase cannot be used, or there are keys, or the folder is open to others or cannot be
            written.
        """
        signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        ed25519, x25519 = signing.public_key().public_bytes_raw(), sealing.public_key().public_bytes_raw()
        try:
            proof = signing.sign(_vouched(name, ed25519, x25519))
        except WireError as error:
            raise KeyFileError(f"the hospital cannot be called so: {error}") from error
        public = PublicKeys(name, ed25519, x25519, proof)
        files = KeyFolder(folder, make=True)
        there = sorted({_SIGNING, _SEALING, _PUBLIC} & set(files.names()))
        if there:
            raise KeyFileError(
                f"{files.path} holds {there[0]} already, and keys are not written over; "
                "load them, or name another folder"
            )
        salt = bytes.fromhex(public.fingerprint)
        write_pem(files, _SIGNING, signing, passphrase, salt)
        write_pem(files, _SEALING, sealing, passphrase, salt)
        files.write(_PUBLIC, public.to_bytes())
        return cls(public, signing, sealing)

    @classmethod
    def load(cls, folder: Path, passphrase: str | None = None) -> Self:
        """Read what `create` wrote.

        Raises
        ------
        KeyFileError
            If a file is missing, open to others, damaged, locked with another passphrase, or belongs to other keys.
        """
        files = KeyFolder(folder)
        try:
            public = PublicKeys.from_bytes(files.read(_PUBLIC))
        except WireError as error:
            raise KeyFileError(f"{files.path / _PUBLIC} is damaged: {error}") from error
        salt = bytes.fromhex(public.fingerprint)
        signing = read_signing(files, _SIGNING, passphrase, salt)
        sealing = read_sealing(files, _SEALING, passphrase, salt)
        for name, got, wanted in (
            (_SIGNING, signing.public_key().public_bytes_raw(), public.ed25519),
            (_SEALING, sealing.public_key().public_bytes_raw(), public.x25519),
        ):
            if got != wanted:
                raise KeyFileError(
                    f"{files.path / name} is not the key that {_PUBLIC} beside it names; "
                    "it is another hospital's: bring the whole folder back from a backup"
                )
        return cls(public, signing, sealing)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature, 64 bytes; the message begins with what it is, so that it stands for nothing else."""
        return self._signing.sign(message)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Open what was sealed to this hospital in this context; `WireError` if it does not open."""
        return open_sealed(sealed, self._sealing, context)

    def pair_key(self, other: PublicKeys, context: bytes) -> bytes:
        """Derive a key that this hospital and another one both, and nobody else, can compute.

        Parameters
        ----------
        other : the other hospital, from the member list
        context : what the key is for; the digest of a round's terms stands in it, so that each round has its own

        Returns
        -------
        32 bytes, the same for both hospitals

        Raises
        ------
        WireError
            If the other hospital's key keeps no secret.
        """
        try:
            shared = self._sealing.exchange(X25519PublicKey.from_public_bytes(other.x25519))
        except ValueError as error:
            raise WireError(
                f"the sealing key of {other.name!r} keeps no secret; ask that hospital for new keys"
            ) from error
        both = "".join(sorted((self.fingerprint, other.fingerprint))).encode()
        return HKDF(SHA256(), 32, salt=None, info=b"pleura pair key 1\0" + both + context).derive(shared)


def _vouched(name: str, ed25519: bytes, x25519: bytes) -> bytes:
    return opening(_MAGIC) + text(name) + ed25519 + x25519

"""A folder in, an Ed25519 pair that signs and opens nothing out; kept as a hospital's keys are."""

from pathlib import Path
from typing import ClassVar, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pleura.errors import KeyFileError
from pleura.federation.secure_sum.keys.files import KeyFolder
from pleura.federation.secure_sum.keys.pem import read_signing, write_pem

__all__ = ["SigningPair"]


class SigningPair:
    """An Ed25519 pair in memory; whose it is, the subclass says.

    Made by `create` or `load`.
    """

    owner: ClassVar[str]
    """Names the two files: OWNER.pem and OWNER.key."""

    def __init__(self, signing: Ed25519PrivateKey) -> None:
        self._signing = signing

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.public.hex()[:16]}...)"

    @property
    def public(self) -> bytes:
        """What others check its signatures with, 32 bytes."""
        return self._signing.public_key().public_bytes_raw()

    @classmethod
    def create(cls, folder: Path, passphrase: str | None = None) -> Self:
        """Make the pair from the operating system's generator and write it; errors as for `HospitalKeys.create`."""
        key = cls(Ed25519PrivateKey.generate())
        files = KeyFolder(folder, make=True)
        write_pem(files, f"{cls.owner}.pem", key._signing, passphrase, key.public)
        files.write(f"{cls.owner}.key", key.public)
        return key

    @classmethod
    def load(cls, folder: Path, passphrase: str | None = None) -> Self:
        """Read what `create` wrote; errors as for `HospitalKeys.load`."""
        files = KeyFolder(folder)
        private, beside = f"{cls.owner}.pem", f"{cls.owner}.key"
        public = files.read(beside)
        key = cls(read_signing(files, private, passphrase, public))
        if key.public != public:
            raise KeyFileError(
                f"{files.path / private} is not the key that {beside} beside it names; bring both back from a backup"
            )
        return key

    def sign(self, message: bytes) -> bytes:
        """Sign with Ed25519; 64 bytes."""
        return self._signing.sign(message)

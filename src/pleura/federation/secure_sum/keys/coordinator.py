"""The coordinator's key, made and kept as a hospital's and pinned by every hospital; it signs member lists."""

from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pleura.errors import KeyFileError
from pleura.federation.secure_sum.keys.files import KeyFolder
from pleura.federation.secure_sum.keys.pem import read_signing, write_pem

__all__ = ["CoordinatorKey"]

_PRIVATE: Final = "coordinator.pem"
_PUBLIC: Final = "coordinator.key"


class CoordinatorKey:
    """The Ed25519 pair of who runs the federation; it opens nothing.

    Made by `create` or `load`.
    """

    def __init__(self, signing: Ed25519PrivateKey) -> None:
        self._signing = signing

    def __repr__(self) -> str:
        return f"CoordinatorKey({self.public.hex()[:16]}...)"

    @property
    def public(self) -> bytes:
        """What hospitals pin when they enrol, 32 bytes."""
        return self._signing.public_key().public_bytes_raw()

    @classmethod
    def create(cls, folder: Path, passphrase: str | None = None) -> Self:
        """Make the pair from the operating system's generator and write it; errors as for `HospitalKeys.create`."""
        key = cls(Ed25519PrivateKey.generate())
        files = KeyFolder(folder, make=True)
        write_pem(files, _PRIVATE, key._signing, passphrase, key.public)
        files.write(_PUBLIC, key.public)
        return key

    @classmethod
    def load(cls, folder: Path, passphrase: str | None = None) -> Self:
        """Read what `create` wrote; errors as for `HospitalKeys.load`."""
        files = KeyFolder(folder)
        public = files.read(_PUBLIC)
        key = cls(read_signing(files, _PRIVATE, passphrase, public))
        if key.public != public:
            raise KeyFileError(
                f"{files.path / _PRIVATE} is not the key that {_PUBLIC} beside it names; bring both back from a backup"
            )
        return key

    def sign(self, message: bytes) -> bytes:
        """Sign with Ed25519; 64 bytes."""
        return self._signing.sign(message)

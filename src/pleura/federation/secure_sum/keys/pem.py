"""A private key in, a PEM file in a key folder out, locked with a passphrase if there is one; and back again."""

from hashlib import scrypt
from typing import Final
from unicodedata import normalize

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pleura.errors import KeyFileError
from pleura.federation.secure_sum.keys.files import KeyFolder

__all__ = ["read_sealing", "read_signing", "write_pem"]

_SCRYPT: Final = {"n": 1 << 15, "r": 8, "p": 3, "maxmem": 1 << 26, "dklen": 32}
_LEAST_PASSPHRASE: Final = 12


def write_pem(
    folder: KeyFolder, name: str, key: Ed25519PrivateKey | X25519PrivateKey, passphrase: str | None, salt: bytes
) -> None:
    """Write a private key as PKCS8 in PEM.

    Parameters
    ----------
    folder, name : where; a file that is there is not written over
    key : the private key
    passphrase : 12 characters or more, or None for no lock
    salt : public bytes that belong to this key alone

    Raises
    ------
    KeyFileError
        If the passphrase is too short, or the file cannot be written.
    """
    if passphrase is not None and len(passphrase) < _LEAST_PASSPHRASE:
        raise KeyFileError(
            f"a passphrase needs {_LEAST_PASSPHRASE} characters or more, got {len(passphrase)}; choose a longer one"
        )
    lock = NoEncryption() if passphrase is None else BestAvailableEncryption(_stretched(passphrase, salt))
    folder.write(name, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))


def read_signing(folder: KeyFolder, name: str, passphrase: str | None, salt: bytes) -> Ed25519PrivateKey:
    """Read a signing key that `write_pem` wrote.

    Raises
    ------
    KeyFileError
        If the file is missing, open to others, damaged, of another kind, or locked with another passphrase or none.
    """
    key = _read(folder, name, passphrase, salt)
    if not isinstance(key, Ed25519PrivateKey):
        raise _other_kind(folder, name, "Ed25519")
    return key


def read_sealing(folder: KeyFolder, name: str, passphrase: str | None, salt: bytes) -> X25519PrivateKey:
    """Read a sealing key that `write_pem` wrote; errors as for `read_signing`."""
    key = _read(folder, name, passphrase, salt)
    if not isinstance(key, X25519PrivateKey):
        raise _other_kind(folder, name, "X25519")
    return key


def _read(folder: KeyFolder, name: str, passphrase: str | None, salt: bytes) -> PrivateKeyTypes:
    data, path = folder.read(name), folder.path / name
    locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data
    if locked and passphrase is None:
        raise KeyFileError(f"{path} is locked; give its passphrase")
    if not locked and passphrase is not None:
        raise KeyFileError(f"{path} is not locked, and a passphrase was given; leave it out if that is as it should be")
    try:
        return load_pem_private_key(data, None if passphrase is None else _stretched(passphrase, salt))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        cause = "is locked with another passphrase, or damaged" if locked else "is damaged"
        raise KeyFileError(f"{path} {cause}; try again, or bring it back from a backup") from error


def _other_kind(folder: KeyFolder, name: str, wanted: str) -> KeyFileError:
    return KeyFileError(f"{folder.path / name} holds no {wanted} key; bring it back from a backup")


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """Stretch a passphrase to what the PEM is locked with; the PEM alone would make a guess cost 2048 hashes only."""
    return scrypt(normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT).hex().encode()

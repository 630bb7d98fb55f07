"""A message and a public key in, bytes out that only its owner can open; and signatures, checked.

Sealing is HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message a sealing.
The context is HPKE's `info`: what was sealed for one purpose, dealer or recipient opens under no other. Base mode
does not say who sealed; everything sealed here is inside a message that is signed with Ed25519 (RFC 8032).
"""

from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pleura.errors import WireError

__all__ = ["SEALING_BYTES", "SIGNATURE_BYTES", "check_sealing_key", "check_signature", "open_sealed", "seal"]

SEALING_BYTES: Final = 48
"""What a sealed message is longer by: 32 bytes of the fresh public key, 16 of the tag."""
SIGNATURE_BYTES: Final = 64


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(data: bytes, recipient: bytes, context: bytes) -> bytes:
    """Seal for the owner of an X25519 public key.

    Parameters
    ----------
    data : what only the recipient may read
    recipient : the public key, 32 bytes
    context : what the sealed bytes are bound to

    Returns
    -------
    48 bytes more than `data`

    Raises
    ------
    WireError
        If the public key is not one.
    """
    try:
        return _suite().encrypt(data, X25519PublicKey.from_public_bytes(recipient), info=context)
    except ValueError as error:
        raise WireError(
            f"nothing can be sealed to the key {recipient.hex()}; ask the hospital for a new one"
        ) from error


def open_sealed(sealed: bytes, key: X25519PrivateKey, context: bytes) -> bytes:
    """Open what `seal` sealed to this key in the same context; `WireError` if it does not open."""
    try:
        return _suite().decrypt(sealed, key, info=context)
    except (InvalidTag, ValueError) as error:
        raise WireError(
            f"{len(sealed)} sealed bytes do not open with this hospital's key; they were altered, or sealed to another "
            "hospital, round or purpose"
        ) from error


def check_sealing_key(key: bytes) -> None:
    """Refuse with `WireError` an X25519 public key with which everybody could open what is sealed to it."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError as error:
        raise WireError(f"{key.hex()} is no X25519 public key that keeps a secret; ask for a new one") from error


def check_signature(key: bytes, message: bytes, signature: bytes, what: str) -> None:
    """Refuse with `WireError` a message that the owner of an Ed25519 public key did not sign.

    Parameters
    ----------
    key : the public key, 32 bytes
    message : all that is signed
    signature : 64 bytes
    what : for the message: "the member list, by the coordinator"
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise WireError(
            f"{what}: the signature does not hold; it was altered, or signed with another key than {key.hex()[:16]}"
        ) from error

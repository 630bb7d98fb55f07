import hmac
from hashlib import sha256

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pleura.errors import WireError
from pleura.federation.secure_sum.keys.sealing import check_sealing_key, open_sealed, seal

# RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, first message
VECTOR = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "skRm": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "aad": "436f756e742d30",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
}


def _extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, sha256)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, info + b"\x01", sha256)[:size]  # size is 32 at the most: one step of HKDF


def opened_by_hand(sealed: bytes, key: X25519PrivateKey, info: bytes, aead: int, key_size: int, aad: bytes) -> bytes:
    """Base mode of RFC 9180 sections 4.1, 5.1 and 5.2, from X25519, HMAC and AES-GCM alone."""
    enc, box = sealed[:32], sealed[32:]
    kem = b"KEM\x00\x20"
    shared = _extract(kem, b"", b"eae_prk", key.exchange(X25519PublicKey.from_public_bytes(enc)))
    shared = _expand(kem, shared, b"shared_secret", enc + key.public_key().public_bytes_raw(), 32)
    suite = b"HPKE\x00\x20\x00\x01" + aead.to_bytes(2, "big")
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    nonce = _expand(suite, secret, b"base_nonce", context, 12)
    return AESGCM(_expand(suite, secret, b"key", context, key_size)).decrypt(nonce, box, aad)


def test_the_way_by_hand_opens_the_published_vector() -> None:
    v = {name: bytes.fromhex(value) for name, value in VECTOR.items()}
    key = X25519PrivateKey.from_private_bytes(v["skRm"])
    assert opened_by_hand(v["enc"] + v["ct"], key, v["info"], aead=1, key_size=16, aad=v["aad"]) == v["pt"]


@pytest.mark.parametrize("size", [0, 1, 32, 8192])
def test_what_is_sealed_opens_by_hand_and_by_us(size: int, rng: np.random.Generator) -> None:
    key, data = X25519PrivateKey.generate(), rng.bytes(size)
    sealed = seal(data, key.public_key().public_bytes_raw(), b"for a test")
    assert len(sealed) == size + 48
    assert opened_by_hand(sealed, key, b"for a test", aead=2, key_size=32, aad=b"") == data
    assert open_sealed(sealed, key, b"for a test") == data


def test_the_same_data_are_never_sealed_to_the_same_bytes() -> None:
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    assert len({seal(b"x", public, b"c") for _ in range(50)}) == 50


def test_each_altered_byte_another_key_or_context_is_refused() -> None:
    key = X25519PrivateKey.generate()
    sealed = seal(b"a share", key.public_key().public_bytes_raw(), b"round 1")
    wrong = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    for bad in [*wrong, b"", sealed[:31], sealed[:47], sealed[:-1], sealed + b"\0", bytes(len(sealed))]:
        with pytest.raises(WireError, match="do not open with this hospital's key"):
            open_sealed(bad, key, b"round 1")
    with pytest.raises(WireError):
        open_sealed(sealed, key, b"round 2")
    with pytest.raises(WireError):
        open_sealed(sealed, X25519PrivateKey.generate(), b"round 1")


LOW_ORDER = [
    bytes(32),
    bytes([1]) + bytes(31),
    (2**255 - 19 - 1).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 19 + 1).to_bytes(32, "little"),
]
"""0, 1, -1 and what equals 0 and 1 modulo 2^255 - 19: with these coordinates every exchange ends at zero."""


@pytest.mark.parametrize("key", LOW_ORDER)
def test_a_key_to_which_everybody_could_open_is_refused(key: bytes) -> None:
    with pytest.raises(WireError, match="keeps a secret"):
        check_sealing_key(key)
    with pytest.raises(WireError, match="nothing can be sealed"):
        seal(b"x", key, b"c")

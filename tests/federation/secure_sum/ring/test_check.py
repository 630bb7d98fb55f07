"""The keys of the hashes against their definition, with refused words among them."""

from hashlib import sha256

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pleura.federation.secure_sum.ring.check import HashKeys, take_keys
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES

CHECK_KEY = bytes(range(32))


@pytest.mark.parametrize("values", [3, 4])
@pytest.mark.parametrize("block", [0, 5])
def test_keys_are_the_defined_ones(block: int, values: int) -> None:
    found = HashKeys(CHECK_KEY, values).of(block).reshape(4 + 2 * values, LANES).tolist()
    key = sha256(b"pleura ring check 1" + CHECK_KEY).digest()
    for lane in range(LANES):
        counter = ((block * LANES + lane) << 64).to_bytes(16, "big")
        raw = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(400))
        stream = iter(w & 0x7FFFFFFF for w in np.frombuffer(raw, "<u4").tolist())
        drawn = [next(w for w in stream if w < PRIMES[n % 2]) for n in range(2 + 2 * values)]
        assert [found[0][lane], found[2][lane]] == drawn[:2]
        assert [found[1][lane], found[3][lane]] == [(r << 32) // p for r, p in zip(drawn[:2], PRIMES[:2], strict=True)]
        assert [row[lane] for row in found[4:]] == drawn[2:]


def test_refused_words_are_passed_over() -> None:
    """Prime 1 is smaller than prime 0: a word between them serves the one and not the other."""
    between = PRIMES[1]
    words = np.full((1, 16), 99, np.uint32)
    words[0, :6] = [PRIMES[0], between, between, 5, 0x80000006, 7]
    keys = np.zeros((12, 1), np.uint32)
    assert take_keys(words, np.array(PRIMES[:2], np.uint32), keys)
    assert keys[:, 0].tolist() == [between, 0, 5, 0, 6, 7, 99, 99, 99, 99, 99, 99]


def test_too_few_words_are_told() -> None:
    words = np.full((1, 16), PRIMES[0], np.uint32)
    words[0, :9] = 1
    assert not take_keys(words, np.array(PRIMES[:2], np.uint32), np.zeros((12, 1), np.uint32))

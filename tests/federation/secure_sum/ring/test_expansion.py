"""Uniform words against the keystream's definition, with rejected words among them."""

from hashlib import sha256

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from scipy.stats import chi2

from pleura.federation.secure_sum.ring import expansion
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS, BlockWords, Keystream, accept
from pleura.federation.secure_sum.ring.modulus import PRIMES

TERMS = sha256(b"terms of the tests").digest()


def by_definition(block: int, k: int) -> list[int]:
    """First all words of the block, then those not below p replaced in order."""
    key = sha256(b"pleura ring a 1" + TERMS).digest()
    counter = ((3 * block + k) << 64).to_bytes(16, "big")
    raw = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(4 * (BLOCK_WORDS + 1000)))
    words = [w & 0x7FFFFFFF for w in np.frombuffer(raw, "<u4").tolist()]
    spare = (w for w in words[BLOCK_WORDS:] if w < PRIMES[k])
    return [w if w < PRIMES[k] else next(spare) for w in words[:BLOCK_WORDS]]


@pytest.mark.parametrize("block", [0, 1, 2**40])
def test_words_are_the_defined_ones(block: int) -> None:
    for k, words in enumerate(BlockWords(TERMS).primes(block)):
        assert words.tolist() == by_definition(block, k)


def test_spare_words_are_taken_in_order() -> None:
    """A stream made by hand: 256 words of which some are too large, spare ones of which some are."""
    p = np.uint32(PRIMES[0])
    words = np.arange(256 + 8, dtype=np.uint32)
    words[[3, 100, 255]] = p, 0x7FFFFFFF, 0xFFFFFFFF  # the topmost bit does not count
    words[256:] = [p, 0x80000005, 6, 0x7FFFFFFF, 7, 8, 9, 10]
    assert accept(words, 256, p)
    expected = list(range(256))
    expected[3], expected[100], expected[255] = 5, 6, 7
    assert words[:256].tolist() == expected


def test_too_few_spare_words_are_told() -> None:
    p = np.uint32(PRIMES[2])
    words = np.zeros(256 + 2, np.uint32)
    words[[0, 1, 2]] = p
    assert not accept(words, 256, p)


def test_more_spare_words_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for four spare words only, which do not suffice for a block."""
    monkeypatch.setattr(expansion, "SPARE_WORDS", 4)
    for k, words in enumerate(BlockWords(TERMS).primes(3)):
        assert words.tolist() == by_definition(3, k)


def test_words_are_uniform() -> None:
    """Chi-square over 1024 classes of equal width; a right sampler passes with probability 1 - 10^-6."""
    for k, words in enumerate(BlockWords(TERMS).primes(0)):
        classes = (words.astype(np.uint64) * np.uint64(1024)) // np.uint64(PRIMES[k])
        counts = np.bincount(classes.astype(int), minlength=1024)
        expected = BLOCK_WORDS / 1024
        assert ((counts - expected) ** 2 / expected).sum() < chi2.isf(1e-6, 1023)


def test_a_keystream_goes_on_where_it_should() -> None:
    """More than one piece of zeros long: the words of one call are those of one stream."""
    long, counter = np.empty(300_000, np.uint32), (7 << 64) + 5
    Keystream(bytes(32)).write(counter, long)
    expected = Cipher(algorithms.AES(bytes(32)), modes.CTR(counter.to_bytes(16, "big"))).encryptor()
    assert long.tobytes() == expected.update(bytes(long.nbytes))

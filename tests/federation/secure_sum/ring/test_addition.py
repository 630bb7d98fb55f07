"""Sums of blocks against NumPy's 64-bit integers, and words that are no ciphertext's."""

import numpy as np
import pytest

from pleura.errors import WireError
from pleura.federation.secure_sum.ring.addition import add
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE


def block(rng: np.random.Generator, lanes: int) -> np.ndarray:
    return np.concatenate([rng.integers(0, p, RING_DEGREE * lanes) for p in PRIMES]).astype(np.uint32)


@pytest.mark.parametrize("lanes", [1, 7, 16])
def test_addition_is_modulo_each_prime(lanes: int, rng: np.random.Generator) -> None:
    total, words = block(rng, lanes), block(rng, lanes)
    total[:2], words[:2] = PRIMES[0] - 1, [PRIMES[0] - 1, 1]
    primes = np.repeat(np.array(PRIMES, np.uint64), RING_DEGREE * lanes)
    expected = (total.astype(np.uint64) + words) % primes
    add(total, words, lanes)
    assert (total == expected).all()


@pytest.mark.parametrize("k", range(3))
@pytest.mark.parametrize("excess", [0, 1, 2**31])
@pytest.mark.parametrize("place", [0, 12345, RING_DEGREE * 4 - 1])
def test_a_word_that_is_too_large_is_refused_and_the_sum_kept(
    k: int, excess: int, place: int, rng: np.random.Generator
) -> None:
    total, words = block(rng, 4), block(rng, 4)
    before = total.copy()
    words[k * RING_DEGREE * 4 + place] = PRIMES[k] + excess
    words.flags.writeable = False  # as bytes from outside are
    with pytest.raises(WireError, match="not below its prime"):
        add(total, words, 4)
    assert (total == before).all()


@pytest.mark.parametrize(
    ("size", "lanes"), [(3 * RING_DEGREE, 2), (3 * RING_DEGREE * 2 - 1, 2), (0, 0), (3 * RING_DEGREE * 17, 17)]
)
def test_other_sizes_are_refused(size: int, lanes: int) -> None:
    with pytest.raises(WireError, match="ring elements"):
        add(np.zeros(size, np.uint32), np.zeros(size, np.uint32), lanes)


def test_another_kind_of_number_is_refused() -> None:
    with pytest.raises(WireError, match="int64"):
        add(np.zeros(3 * RING_DEGREE, np.uint32), np.zeros(3 * RING_DEGREE, np.int64), 1)
    with pytest.raises(WireError, match="does not fit"):
        add(np.zeros(6 * RING_DEGREE, np.uint32), np.zeros(3 * RING_DEGREE, np.uint32), 1)

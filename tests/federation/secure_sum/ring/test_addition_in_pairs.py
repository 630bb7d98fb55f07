"""Two blocks added in one pass: the same sum as one after the other, and the same refusals."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pleura.errors import WireError
from pleura.federation.secure_sum.ring.addition import add, add_two
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE


def block(rng: np.random.Generator, lanes: int) -> NDArray[np.uint32]:
    return np.concatenate([rng.integers(0, p, RING_DEGREE * lanes, dtype=np.uint32) for p in PRIMES])


@pytest.mark.parametrize("lanes", [1, 3, 16])
def test_two_at_once_are_one_and_one(rng: np.random.Generator, lanes: int) -> None:
    total, first, second = (block(rng, lanes) for _ in range(3))
    first[:3], second[:3], total[:3] = PRIMES[0] - 1, PRIMES[0] - 1, PRIMES[0] - 1
    primes = np.repeat(np.array(PRIMES, object), RING_DEGREE * lanes)
    expected = (total.astype(object) + first + second) % primes
    one_by_one = total.copy()
    add(one_by_one, first, lanes)
    add(one_by_one, second, lanes)
    add_two(total, first, second, lanes)
    assert (total == expected).all()
    assert (one_by_one == expected).all()


@pytest.mark.parametrize("value", [0, 1, 2**31 - 1, 2**32 - 1])
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("k", range(3))
def test_a_word_too_large_leaves_the_sum_as_it_was(rng: np.random.Generator, k: int, which: int, value: int) -> None:
    total, *blocks = (block(rng, 1) for _ in range(3))
    before = total.copy()
    blocks[which][k * RING_DEGREE + 77] = max(value, PRIMES[k])
    with pytest.raises(WireError, match="not below its prime"):
        add_two(total, *blocks, 1)
    assert (total == before).all()


def test_a_block_of_another_size_is_refused(rng: np.random.Generator) -> None:
    total, first, wide = block(rng, 1), block(rng, 1), block(rng, 2)
    with pytest.raises(WireError):
        add_two(total, first, wide, 1)
    with pytest.raises(WireError):
        add_two(total, wide, first, 1)

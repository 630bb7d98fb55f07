"""Each operation on rows against NumPy, lane by lane."""

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.vectors import (
    even,
    exceeds,
    greatest,
    halves,
    least,
    load,
    odd,
    ones,
    spread,
    store,
    upper,
    wide,
    woven,
)


@kernel
def all_operations(
    x: NDArray[np.uint32], y: NDArray[np.uint32], z: NDArray[np.uint64], out: NDArray[np.uint32]
) -> bool:
    """A row of results for each operation."""
    zero, row = np.uint64(0), np.uint64(16)
    a, b = load(x, zero), load(y, zero)
    store(out, row * np.uint64(0), a + b)
    store(out, row * np.uint64(1), a - b)
    store(out, row * np.uint64(2), a * b)
    store(out, row * np.uint64(3), upper(a, b))
    store(out, row * np.uint64(4), least(a, b))
    store(out, row * np.uint64(5), greatest(a, b))
    store(out, row * np.uint64(6), (a & b) ^ (a | b))
    evens, odds = wide(even(a), even(b)), wide(odd(a), odd(b))
    store(out, row * np.uint64(7), woven(evens, odds))
    store(out, row * np.uint64(8), woven(evens >> np.uint64(32), odds >> np.uint64(32)))
    store(out, row * np.uint64(9), woven((evens + evens) >> np.uint64(7), (odds + odds) >> np.uint64(7)))
    first, second = halves(z, zero)
    store(out, row * np.uint64(10), woven(ones(first), ones(second)))
    store(out, row * np.uint64(11), woven(first << np.uint64(3), second << np.uint64(3)))
    store(out, row * np.uint64(12), spread(x[2]))
    store(out, row * np.uint64(13), woven(first - spread(z[1]), second - spread(z[1])))
    return exceeds(a, b)


def test_operations_are_those_of_the_integers(rng: np.random.Generator) -> None:
    for _ in range(20):
        x, y = (rng.integers(0, 2**32, 16).astype(np.uint32) for _ in range(2))
        x[3], y[3], x[6], y[7] = 2**32 - 1, 2**32 - 1, 0, 0
        z = rng.integers(0, 2**64, 16, dtype=np.uint64)
        z[0] = 2**64 - 1
        out = np.empty((14, 16), np.uint32)
        all_operations(x, y, z, out.reshape(-1))
        a, b, c = (v.astype(object) for v in (x, y, z))
        rows = [a + b, a - b, a * b, a * b >> 32, np.minimum(a, b), np.maximum(a, b), (a & b) ^ (a | b)]
        rows += [a * b, a * b >> 32, (2 * a * b) % 2**64 >> 7, np.array([int(v).bit_count() for v in z], object)]
        rows += [c << 3, np.full(16, a[2]), c - c[1]]
        for found, expected in zip(out, rows, strict=True):
            assert (found == expected % 2**32).all()


def test_a_row_exceeds_another_in_any_lane() -> None:
    """Equal counts: it asks whether a word is at least the other."""
    low, z, out = np.zeros(16, np.uint32), np.zeros(16, np.uint64), np.empty(14 * 16, np.uint32)
    limit = np.full(16, 2**31 + 5, np.uint32)
    assert not all_operations(low, limit, z, out)
    for lane in range(16):
        x = low.copy()
        x[lane] = 2**31 + 4
        assert not all_operations(x, limit, z, out)
        x[lane] = 2**31 + 5
        assert all_operations(x, limit, z, out)

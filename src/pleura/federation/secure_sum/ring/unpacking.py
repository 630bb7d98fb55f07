"""The words of a summed block and what hides them in, the summed slots out, and what shows whether the sum is right.

The three residues of a coefficient are joined to the number X = slots + t noise, which is never negative and always
below the modulus. Everything is done without a branch, an index or a division that depends on it.
"""

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import inlined, kernel
from pleura.federation.secure_sum.ring.modulus import (
    LANES,
    PRIMES,
    RING_DEGREE,
    companions,
    row_difference,
    row_product,
)
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS, row_reduced, row_tagged
from pleura.federation.secure_sum.ring.vectors import (
    Half,
    Row,
    even,
    greatest,
    least,
    load,
    odd,
    spread,
    store,
    wide,
    woven,
)

__all__ = ["joining_factors", "unpack_block"]

_LOW = np.uint64(0xFFFFFFFF)
_ONE, _32 = np.uint64(1), np.uint64(32)


def joining_factors() -> NDArray[np.uint32]:
    """Factors for `unpack_block`: 1/p0 mod p1, 1/p0 mod p2, 1/p1 mod p2, each with its companion; (3, 2)."""
    p0, p1, p2 = PRIMES
    pairs = [(pow(p0, -1, p1), p1), (pow(p0, -1, p2), p2), (pow(p1, -1, p2), p2)]
    return np.array([(w, companions([w], p)[0]) for w, p in pairs], np.uint32)


@inlined
def _times(x: Row, factors: NDArray[np.uint32], row: int, p: Row) -> Row:
    """Multiply by one of the factors."""
    return row_product(x, spread(factors[row, 0]), spread(factors[row, 1]), p)


@inlined
def _mixed_radix(r0: Row, r1: Row, r2: Row, factors: NDArray[np.uint32], p1: Row, p2: Row) -> tuple[Row, Row]:
    """Give the digits a1, a2 of X = r0 + p0 (a1 + p1 a2), after Garner; residues of a larger prime are lowered."""
    a1 = _times(row_difference(r1, least(r0, r0 - p1), p1), factors, 0, p1)
    a2 = _times(row_difference(r2, least(r0, r0 - p2), p2), factors, 1, p2)
    a2 = _times(row_difference(a2, least(a1, a1 - p2), p2), factors, 2, p2)
    return a1, a2


@inlined
def _joined(r0: Half, a1: Half, a2: Half, p0: Half, p1: Half) -> tuple[Half, Half]:
    """Give r0 + p0 (a1 + p1 a2), below 2^93, in a low and a high word of 64 bits."""
    rest = a1 + wide(p1, a2)  # below 2^62
    first = r0 + wide(p0, rest)  # p0 times the lower half of the rest: below 2^64
    second = (first >> _32) + wide(p0, rest >> _32)
    return second << _32 | first & spread(_LOW), second >> _32


@kernel
def unpack_block(
    words: NDArray[np.uint32],
    masks: NDArray[np.uint32],
    hash_keys: NDArray[np.uint32],
    shifts: NDArray[np.uint64],
    reduction: NDArray[np.uint32],
    factors: NDArray[np.uint32],
    slots: NDArray[np.uint32],
    largest: NDArray[np.uint32],
) -> None:
    """Take the masks from the words of a summed block; give the slots, and the largest of what there was.

    Parameters
    ----------
    words, masks : uint32 (3 * 4096 * 16,)
    hash_keys : uint32 ((4 + 2 v) * 16,), see `check.HashKeys`
    shifts, reduction : see `packing.Packing`
    factors : see `joining_factors`
    slots : uint32 (v * 4095 * 16,), written, plane after plane
    largest : uint32 (6 * 16,), written; for each ring element the largest word of each prime, the largest slot, the
        largest noise, and 0 if both tags fit
    """
    w, last, over, noise_at, tag_at, tag_over = shifts[0], shifts[1], shifts[2], shifts[3], shifts[4], shifts[5]
    plane, lanes, size = np.uint64(BLOCK_SLOTS), np.uint64(LANES), np.uint64(RING_DEGREE * LANES)
    four = slots.size == 4 * BLOCK_SLOTS
    last_plane = np.uint64(slots.size) - plane
    p0, p1, p2 = spread(reduction[0, 0]), spread(reduction[1, 0]), spread(reduction[2, 0])
    slot_mask = spread(np.uint32((_ONE << w) - _ONE))
    zero = spread(np.uint32(0))
    tag0, tag1, word0, word1, word2, slot, noise = zero, zero, zero, zero, zero, zero, zero
    for i in range(np.uint64(0), size, lanes):
        b0, b1, b2 = load(words, i), load(words, i + size), load(words, i + size + size)
        word0, word1, word2 = greatest(word0, b0), greatest(word1, b1), greatest(word2, b2)
        r0 = row_difference(b0, load(masks, i), p0)
        r1 = row_difference(b1, load(masks, i + size), p1)
        r2 = row_difference(b2, load(masks, i + size + size), p2)
        a1, a2 = _mixed_radix(r0, r1, r2, factors, p1, p2)
        low_even, high_even = _joined(even(r0), even(a1), even(a2), even(p0), even(p1))
        low_odd, high_odd = _joined(odd(r0), odd(a1), odd(a2), even(p0), even(p1))
        e = woven(high_even >> noise_at, high_odd >> noise_at)
        noise = greatest(noise, e)
        if i < plane:
            a = woven(low_even, low_odd) & slot_mask
            b = woven(low_even >> w, low_odd >> w) & slot_mask
            d = woven(low_even >> last | high_even << over, low_odd >> last | high_odd << over) & slot_mask
            store(slots, i, a)
            store(slots, i + plane, b)
            store(slots, i + last_plane, d)
            slot = greatest(slot, greatest(a, greatest(b, d)))
            c = a
            if four:
                c = woven(low_even >> (w + w), low_odd >> (w + w)) & slot_mask
                store(slots, i + plane + plane, c)
                slot = greatest(slot, c)
            tag0 = row_tagged(tag0, a, b, c, d, four, hash_keys, reduction, 0)
            tag1 = row_tagged(tag1, a, b, c, d, four, hash_keys, reduction, 1)
        else:
            tag_mask = spread((_ONE << tag_at) - _ONE)
            rest_mask = spread((_ONE << noise_at) - _ONE)
            first = row_reduced(low_even & tag_mask, low_odd & tag_mask, p0, spread(reduction[0, 3]))
            second = row_reduced(
                low_even >> tag_at | (high_even & rest_mask) << tag_over,
                low_odd >> tag_at | (high_odd & rest_mask) << tag_over,
                p1,
                spread(reduction[1, 3]),
            )
            store(largest, lanes * np.uint64(5), first ^ tag0 | second ^ tag1)
    store(largest, np.uint64(0), word0)
    store(largest, lanes, word1)
    store(largest, lanes * np.uint64(2), word2)
    store(largest, lanes * np.uint64(3), slot)
    store(largest, lanes * np.uint64(4), noise)

"""Slots and noise of a block in, message + t noise added to the block's words out, check coefficients included.

A coefficient holds the number X = slot_0 + slot_1 2^w + .. + t e of up to 93 bits, kept here in two 64-bit words: the
last slot is the one that crosses bit 64, for three slots as for four. Everything is done without a branch, an index or
a division that depends on a slot or on the noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import inlined, kernel
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, row_product, row_total
from pleura.federation.secure_sum.ring.noise import half_biased
from pleura.federation.secure_sum.ring.parameters import DATA_COEFFICIENTS, Parameters
from pleura.federation.secure_sum.ring.vectors import (
    Half,
    Index,
    Row,
    even,
    halves,
    least,
    load,
    odd,
    spread,
    store,
    wide,
    woven,
)

__all__ = ["BLOCK_SLOTS", "Packing", "pack_block", "row_reduced", "row_tagged"]

BLOCK_SLOTS = DATA_COEFFICIENTS * LANES
"""Slots of one plane of a block."""

_LOW = np.uint64(0xFFFFFFFF)
_32, _29, _33 = np.uint64(32), np.uint64(29), np.uint64(33)


@dataclass(frozen=True)
class Packing:
    """Where the parts of X stand, and what reduces it; the kernels take both."""

    shifts: NDArray[np.uint64]
    """Slot bits w; where the last slot begins; 64 less that; where the noise begins, less 64; where the second tag
    begins; 64 less that."""
    reduction: NDArray[np.uint32]
    """For each prime p: p, 2^32 mod p, 2^64 mod p, floor(2^62 / p); (3, 4)."""

    @classmethod
    def of(cls, parameters: Parameters) -> "Packing":
        """Work out the constants of a packing."""
        w, bits, tag = parameters.slot_bits, parameters.message_bits, parameters.tag_bits
        last = bits - w
        return cls(
            np.array([w, last, 64 - last, bits - 64, tag, 64 - tag], np.uint64),
            np.array([(p, 2**32 % p, 2**64 % p, 2**62 // p) for p in PRIMES], np.uint32),
        )


@inlined
def row_reduced(evens: Half, odds: Half, p: Row, inverse: Row) -> Row:
    """Give z mod p for each z < 2^61 of the even and the odd lanes, where `inverse` is floor(2^62 / p).

    The quotient is taken from the upper 32 bits of z; it is right or one too small, so that the remainder fits in 32
    bits.
    """
    evens = evens - wide(wide(evens >> _29, even(inverse)) >> _33, even(p))
    odds = odds - wide(wide(odds >> _29, even(inverse)) >> _33, even(p))
    r = woven(evens, odds)
    return least(r, r - p)


@inlined
def _weighed(low: Half, high: Half, reduction: NDArray[np.uint32], k: int) -> Half:
    """Give a number congruent to low + 2^64 high modulo prime k, below 2^61 - 2^32, for high < 2^29."""
    return (
        (low & spread(_LOW))
        + wide(low >> _32, even(spread(reduction[k, 1])))
        + wide(high, even(spread(reduction[k, 2])))
    )


@inlined
def row_factor(hash_keys: NDArray[np.uint32], slot: int, k: int) -> Row:
    """Give the factors of one slot of a coefficient, for the tag of prime k."""
    return load(hash_keys, np.uint64((4 + 2 * slot + k) * LANES))


@inlined
def row_hashed(
    tag: Row, evens: Half, odds: Half, hash_keys: NDArray[np.uint32], reduction: NDArray[np.uint32], k: int
) -> Row:
    """Take one step of Horner's rule for the tag of prime k: (tag + slots times factors) r."""
    p = spread(reduction[k, 0])
    tag = row_total(tag, row_reduced(evens, odds, p, spread(reduction[k, 3])), p)
    r, r_companion = load(hash_keys, np.uint64(2 * k * LANES)), load(hash_keys, np.uint64((2 * k + 1) * LANES))
    return row_product(tag, r, r_companion, p)


@inlined
def row_weighed(slot: Row, hash_keys: NDArray[np.uint32], number: int, k: int) -> tuple[Half, Half]:
    """Give one slot of a coefficient times its factor, for the tag of prime k."""
    factor = row_factor(hash_keys, number, k)
    return wide(even(slot), even(factor)), wide(odd(slot), odd(factor))


@inlined
def row_tagged(
    tag: Row,
    a: Row,
    b: Row,
    c: Row,
    d: Row,
    four: bool,
    hash_keys: NDArray[np.uint32],
    reduction: NDArray[np.uint32],
    k: int,
) -> Row:
    """Take the slots of a row of coefficients, a, b, d or a, b, c, d, into the tag of prime k.

    Four slots of 21 bits or three of 28, times factors of 31 bits, stay below 2^61.
    """
    first, second = row_weighed(a, hash_keys, 0, k), row_weighed(b, hash_keys, 1, k)
    if four:
        third, fourth = row_weighed(c, hash_keys, 2, k), row_weighed(d, hash_keys, 3, k)
        evens, odds = first[0] + second[0] + (third[0] + fourth[0]), first[1] + second[1] + (third[1] + fourth[1])
    else:
        third = row_weighed(d, hash_keys, 2, k)
        evens, odds = first[0] + second[0] + third[0], first[1] + second[1] + third[1]
    return row_hashed(tag, evens, odds, hash_keys, reduction, k)


@inlined
def _hide(
    words: NDArray[np.uint32],
    i: Index,
    low: tuple[Half, Half],
    high: tuple[Half, Half],
    reduction: NDArray[np.uint32],
    k: int,
) -> None:
    """Add the numbers of a row to its words of prime k."""
    p, inverse = spread(reduction[k, 0]), spread(reduction[k, 3])
    mask = load(words, i)
    evens = _weighed(low[0], high[0], reduction, k) + even(mask)
    odds = _weighed(low[1], high[1], reduction, k) + odd(mask)
    store(words, i, row_reduced(evens, odds, p, inverse))


@kernel
def pack_block(
    slots: NDArray[np.uint32],
    bits: NDArray[np.uint64],
    hash_keys: NDArray[np.uint32],
    shifts: NDArray[np.uint64],
    reduction: NDArray[np.uint32],
    words: NDArray[np.uint32],
    seen: NDArray[np.uint32],
) -> None:
    """Add message + t noise to the words of a block, and the check coefficient last.

    Parameters
    ----------
    slots : uint32 (v * 4095 * 16,), plane after plane
    bits : uint64 (4096 * 16,), random
    hash_keys : uint32 ((4 + 2 v) * 16,), see `check.HashKeys`
    shifts, reduction : see `Packing`
    words : uint32 (3 * 4096 * 16,), what the message is added to; changed in place
    seen : uint32 (16,), written: all slots of a ring element by or, below twice the largest
    """
    w, last, over, noise_at, tag_at, tag_over = shifts[0], shifts[1], shifts[2], shifts[3], shifts[4], shifts[5]
    plane, lanes = np.uint64(BLOCK_SLOTS), np.uint64(LANES)
    size = plane + lanes  # words of one prime
    four = slots.size == 4 * BLOCK_SLOTS
    last_plane = np.uint64(slots.size) - plane
    tag0, tag1, any_slot = spread(np.uint32(0)), spread(np.uint32(0)), spread(np.uint32(0))
    for i in range(np.uint64(0), plane, lanes):
        a, b, d = load(slots, i), load(slots, i + plane), load(slots, i + last_plane)
        any_slot = any_slot | a | b | d
        low = (even(a) | even(b) << w | even(d) << last, odd(a) | odd(b) << w | odd(d) << last)
        c = a
        if four:
            c = load(slots, i + plane + plane)
            any_slot = any_slot | c
            low = (low[0] | even(c) << (w + w), low[1] | odd(c) << (w + w))
        tag0 = row_tagged(tag0, a, b, c, d, four, hash_keys, reduction, 0)
        tag1 = row_tagged(tag1, a, b, c, d, four, hash_keys, reduction, 1)
        noise = halves(bits, i)
        high = (
            even(d) >> over | half_biased(noise[0]) << noise_at,
            odd(d) >> over | half_biased(noise[1]) << noise_at,
        )
        _hide(words, i, low, high, reduction, 0)
        _hide(words, i + size, low, high, reduction, 1)
        _hide(words, i + size + size, low, high, reduction, 2)
    low = (even(tag0) | even(tag1) << tag_at, odd(tag0) | odd(tag1) << tag_at)
    noise = halves(bits, plane)
    high = (
        even(tag1) >> tag_over | half_biased(noise[0]) << noise_at,
        odd(tag1) >> tag_over | half_biased(noise[1]) << noise_at,
    )
    _hide(words, plane, low, high, reduction, 0)
    _hide(words, plane + size, low, high, reduction, 1)
    _hide(words, plane + size + size, low, high, reduction, 2)
    store(seen, np.uint64(0), any_slot)

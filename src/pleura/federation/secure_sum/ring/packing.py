"""Slots and noise of a block in, residues of message + t noise added to its words out; and residues in, slots out.

A coefficient holds the number X = slot_0 + slot_1 2^w + ... + t e of up to 93 bits, kept here in two 64-bit words: the
last slot is the one that crosses bit 64, for three slots as for four. Everything is done without a branch, an index or
a division that depends on a slot or on the noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.federation.secure_sum.ring.compiled import kernel
from pleura.federation.secure_sum.ring.modulus import (
    LANES,
    PRIMES,
    RING_DEGREE,
    companions,
    difference,
    product,
    residues,
    total,
)
from pleura.federation.secure_sum.ring.noise import biased
from pleura.federation.secure_sum.ring.parameters import Parameters

__all__ = ["Packing", "pack_block", "unpack_block"]

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


@dataclass(frozen=True)
class Packing:
    """Shifts, masks and factors that the kernels take, in the order in which they take them."""

    shifts: NDArray[np.uint64]
    """Slot bits w; where the last slot begins; 64 less that; where the noise begins, less 64; where the second tag
    begins; 64 less that."""
    middle: np.uint64
    """Mask of the third of four slots; 0 where there are three."""
    reduction: NDArray[np.uint64]
    """For each prime p: p, 2^32 mod p, 2^64 mod p, floor(2^62 / p); (3, 4)."""

    @classmethod
    def of(cls, parameters: Parameters) -> "Packing":
        """Work out the constants of a packing."""
        w, values, bits = parameters.slot_bits, parameters.values_per_coefficient, parameters.message_bits
        last = (values - 1) * w
        return cls(
            np.array([w, last, 64 - last, bits - 64, parameters.tag_bits, 64 - parameters.tag_bits], np.uint64),
            np.uint64(_LOW if values == 4 else 0),
            np.array([(p, 2**32 % p, 2**64 % p, 2**62 // p) for p in PRIMES], np.uint64),
        )


@kernel
def reduced(z: np.uint64, p: np.uint64, inverse: np.uint64) -> np.uint32:
    """Give z mod p for z < 2^61, where `inverse` is floor(2^62 / p).

    The quotient is taken from the upper 32 bits of z; it is right or one too small, so that the remainder fits in 32
    bits.
    """
    quotient = ((z >> np.uint64(29)) * inverse) >> np.uint64(33)
    r = np.uint32(z - quotient * p)
    return min(r, np.uint32(r - np.uint32(p)))


@kernel
def residue(low: np.uint64, high: np.uint64, more: np.uint32, reduction: NDArray[np.uint64], k: int) -> np.uint32:
    """Give (low + high 2^64 + more) modulo prime k, for high < 2^29."""
    z = (low & _LOW) + (low >> _32) * reduction[k, 1] + high * reduction[k, 2] + np.uint64(more)
    return reduced(z, reduction[k, 0], reduction[k, 3])


@kernel
def pack_block(
    slots: NDArray[np.uint32],
    bits: NDArray[np.uint64],
    hash_keys: NDArray[np.uint32],
    shifts: NDArray[np.uint64],
    middle: np.uint64,
    reduction: NDArray[np.uint64],
    words: NDArray[np.uint32],
) -> np.uint32:
    """Add message + t noise to the words of a block, check coefficient included.

    Parameters
    ----------
    slots : uint32 (v, 4095 * 16), slot planes
    bits : uint64 (4096 * 16,), random
    hash_keys : uint32 (4, 16), of each ring element: key modulo prime 0, its companion, the same modulo prime 1
    shifts, middle, reduction : see `Packing`
    words : uint32 (3, 4096 * 16), residues of what the message is added to; changed in place

    Returns
    -------
    an upper bound below twice the largest slot: all slots by or
    """
    w, last, over, noise_at, tag_at, tag_over = shifts
    count = slots.shape[1]
    last_plane = slots.shape[0] - 1
    p0, p1 = np.uint32(reduction[0, 0]), np.uint32(reduction[1, 0])
    tags = np.zeros((2, LANES), np.uint32)
    seen = np.uint32(0)
    for start in range(0, count, LANES):
        for lane in range(LANES):
            i = start + lane
            a, b, c, d = slots[0, i], slots[1, i], slots[2, i], slots[last_plane, i]
            seen |= a | b | c | d
            low = np.uint64(a) | np.uint64(b) << w | (np.uint64(c) & middle) << (w + w) | np.uint64(d) << last
            high = np.uint64(d) >> over
            tag0 = total(tags[0, lane], residue(low, high, np.uint32(0), reduction, 0), p0)
            tag1 = total(tags[1, lane], residue(low, high, np.uint32(0), reduction, 1), p1)
            tags[0, lane] = product(tag0, hash_keys[0, lane], hash_keys[1, lane], p0)
            tags[1, lane] = product(tag1, hash_keys[2, lane], hash_keys[3, lane], p1)
            high |= biased(bits[i]) << noise_at
            for k in range(3):
                words[k, i] = residue(low, high, words[k, i], reduction, k)
    for lane in range(LANES):
        i = count + lane
        low = np.uint64(tags[0, lane]) | np.uint64(tags[1, lane]) << tag_at
        high = np.uint64(tags[1, lane]) >> tag_over | biased(bits[i]) << noise_at
        for k in range(3):
            words[k, i] = residue(low, high, words[k, i], reduction, k)
    return seen


def garner() -> NDArray[np.uint32]:
    """Factors that join three residues to one number: 1/p0 mod p1, 1/p0 mod p2, 1/p1 mod p2, each with companion."""
    p0, p1, p2 = PRIMES
    rows = []
    for value, p in ((p0, p1), (p0, p2), (p1, p2)):
        w = pow(value, -1, p)
        rows += [w, int(companions([w], p)[0])]
    return np.array(rows, np.uint32)


@kernel
def joined(
    r0: np.uint32, r1: np.uint32, r2: np.uint32, factors: NDArray[np.uint32], primes: NDArray[np.uint32]
) -> tuple[np.uint64, np.uint64]:
    """Give the number below q with three residues, in a low and a high word of 64 bits: Garner's mixed radix."""
    p0, p1, p2 = primes[0], primes[1], primes[2]
    r0_1 = min(r0, np.uint32(r0 - p1))
    r0_2 = min(r0, np.uint32(r0 - p2))
    a1 = product(difference(r1, r0_1, p1), factors[0], factors[1], p1)
    a1_2 = min(a1, np.uint32(a1 - p2))
    a2 = product(difference(r2, r0_2, p2), factors[2], factors[3], p2)
    a2 = product(difference(a2, a1_2, p2), factors[4], factors[5], p2)
    upper = np.uint64(a1) + np.uint64(p1) * np.uint64(a2)  # X = r0 + p0 upper, upper < 2^62
    a = np.uint64(r0) + np.uint64(p0) * (upper & _LOW)  # below 2^64
    b = (a >> _32) + np.uint64(p0) * (upper >> _32)
    return (b << _32) | (a & _LOW), b >> _32


@kernel
def unpack_block(
    words: NDArray[np.uint32],
    masks: NDArray[np.uint32],
    hash_keys: NDArray[np.uint32],
    shifts: NDArray[np.uint64],
    reduction: NDArray[np.uint64],
    factors: NDArray[np.uint32],
    t_residues: NDArray[np.uint32],
    most_slot: np.uint32,
    most_noise: np.uint32,
    slots: NDArray[np.uint32],
    wrong: NDArray[np.uint32],
) -> None:
    """Take the masks from the words of a summed block; give the slots, and which ring elements are not what was sent.

    Parameters
    ----------
    words, masks : uint32 (3, 4096 * 16), residues
    hash_keys, shifts, reduction : as for `pack_block`
    factors : see `garner`
    t_residues : uint32 (4,), t modulo prime 0, its companion, the same modulo prime 1
    most_slot, most_noise : what a slot's and a noise's sum may be at the most
    slots : uint32 (v, 4095 * 16), written
    wrong : uint32 (16,), written: for each ring element 0, or the sum of 1, a word not below its prime; 2, a slot or a
        noise that is too large; 4, a tag that does not fit
    """
    w, last, over, noise_at, tag_at, tag_over = shifts
    slot_mask = (np.uint64(1) << w) - np.uint64(1)
    count = slots.shape[1]
    last_plane = slots.shape[0] - 1
    primes = np.empty(3, np.uint32)
    for k in range(3):
        primes[k] = np.uint32(reduction[k, 0])
    p0, p1, p2 = primes
    tags = np.zeros((2, LANES), np.uint32)
    wrong[:] = 0
    for start in range(0, count + LANES, LANES):
        for lane in range(LANES):
            i = start + lane
            b0, b1, b2 = words[0, i], words[1, i], words[2, i]
            wrong[lane] |= np.uint32(b0 >= p0) | np.uint32(b1 >= p1) | np.uint32(b2 >= p2)
            r0 = difference(b0, masks[0, i], p0)
            r1 = difference(b1, masks[1, i], p1)
            r2 = difference(b2, masks[2, i], p2)
            low, high = joined(r0, r1, r2, factors, primes)
            e = np.uint32(high >> noise_at)
            m0 = difference(r0, product(e, t_residues[0], t_residues[1], p0), p0)
            m1 = difference(r1, product(e, t_residues[2], t_residues[3], p1), p1)
            large = np.uint32(e > most_noise)
            if start < count:
                a, b = np.uint32(low & slot_mask), np.uint32((low >> w) & slot_mask)
                c = np.uint32((low >> (w + w)) & slot_mask)
                d = np.uint32(((low >> last) | (high << over)) & slot_mask)
                slots[0, i], slots[1, i] = a, b
                large |= np.uint32(a > most_slot) | np.uint32(b > most_slot) | np.uint32(d > most_slot)
                if last_plane == 3:
                    slots[2, i] = c
                    large |= np.uint32(c > most_slot)
                slots[last_plane, i] = d
                tags[0, lane] = product(total(tags[0, lane], m0, p0), hash_keys[0, lane], hash_keys[1, lane], p0)
                tags[1, lane] = product(total(tags[1, lane], m1, p1), hash_keys[2, lane], hash_keys[3, lane], p1)
            else:
                first = low & ((np.uint64(1) << tag_at) - np.uint64(1))
                second = (low >> tag_at) | ((high & ((np.uint64(1) << noise_at) - np.uint64(1))) << tag_over)
                first_tag = reduced(first, reduction[0, 0], reduction[0, 3])
                second_tag = reduced(second, reduction[1, 0], reduction[1, 3])
                wrong[lane] |= np.uint32(first_tag != tags[0, lane]) << np.uint32(2)
                wrong[lane] |= np.uint32(second_tag != tags[1, lane]) << np.uint32(2)
            wrong[lane] |= large << np.uint32(1)


def t_factors(parameters: Parameters) -> NDArray[np.uint32]:
    """T modulo primes 0 and 1, each with its companion; what `unpack_block` takes."""
    rows = []
    for p, value in list(zip(PRIMES, residues(parameters.t), strict=True))[:2]:
        rows += [int(value), int(companions([int(value)], p)[0])]
    return np.array(rows, np.uint32)


BLOCK_SHAPE = (len(PRIMES), RING_DEGREE * LANES)

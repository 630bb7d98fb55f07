"""A vector of small integers and a fresh secret in, the ciphertext out, a block at a time: b = a s + t e + m.

Memory stays at a few blocks, whatever the length of the vector.
"""

import os
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.check import HashKeys
from pleura.federation.secure_sum.ring.expansion import BlockWords, keystream, multiply_uniform
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.packing import Packing, pack_block
from pleura.federation.secure_sum.ring.parameters import DATA_COEFFICIENTS, Parameters
from pleura.federation.secure_sum.ring.pipeline import in_order
from pleura.federation.secure_sum.ring.secret import RoundSecret, transformed
from pleura.federation.secure_sum.ring.transform import inverse_lanes, tables

__all__ = ["Fill", "encrypt", "masks_of"]

Fill = Callable[[int, NDArray[np.uint32]], None]
"""Writes the integers of the vector's slots from a number on into an array; called from worker threads."""

BLOCK_WORDS = RING_DEGREE * LANES


def masks_of(uniform: BlockWords, block: int, secret: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Write a s of one block into uint32 (3, 65536); `secret` is a transformed secret or sum of secrets."""
    for k, (words, table) in enumerate(zip(uniform.primes(block), tables(), strict=True)):
        multiply_uniform(words, secret[k, 0], secret[k, 1], table.p, out[k])
        inverse_lanes(out[k], table.inverses, table.inverses_companion, table.p)


class _Workspace:
    """Buffers of one thread, used again for every block."""

    def __init__(self, parameters: Parameters, terms_digest: bytes) -> None:
        self.uniform = BlockWords(terms_digest)
        self.bits = np.empty(BLOCK_WORDS, np.uint64)
        self.slots = np.zeros((parameters.values_per_coefficient, DATA_COEFFICIENTS * LANES), np.uint32)
        self.words = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32)


def encrypt(
    fill: Fill,
    slots: int,
    secret: RoundSecret,
    parameters: Parameters,
    terms_digest: bytes,
    check_key: bytes,
    *,
    threads: int = 1,
) -> Iterator[NDArray[np.uint32]]:
    """Encrypt a vector under a secret that has never been used.

    Parameters
    ----------
    fill : see `Fill`; each slot from 0 to `parameters.levels`
    slots : length of the vector
    terms_digest : 32 bytes, from which all hospitals expand the same uniform ring elements
    check_key : 32 bytes that the server does not know
    threads : blocks that are worked on at once

    Yields
    ------
    uint32 (3 * 4096 * lanes,), a block of up to 16 ring elements: word (k * 4096 + j) * lanes + lane is coefficient j
    of ring element `lane` modulo prime k

    Raises
    ------
    SecureSumError
        If the secret has been used.
    TermsError
        If a slot is larger than the levels.
    """
    lanes = parameters.blocks(slots)
    packing = Packing.of(parameters)
    hash_keys = HashKeys(check_key)
    key = transformed(secret.spend().astype(np.int32))
    noise_key = os.urandom(32)
    values = parameters.values_per_coefficient

    def one(room: _Workspace, block: int) -> NDArray[np.uint32]:
        width = DATA_COEFFICIENTS * lanes[block]
        start = block * values * DATA_COEFFICIENTS * LANES
        whole = lanes[block] == LANES
        planes = room.slots if whole else np.zeros((values, width), np.uint32)
        for s, plane in enumerate(planes):
            count = min(max(slots - (start + s * width), 0), width)
            if count:
                fill(start + s * width, plane[:count])
            plane[count:] = 0
        if not whole:
            _spread(planes, room.slots, lanes[block])
        words = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32) if whole else room.words
        masks_of(room.uniform, block, key, words)
        keystream(noise_key, block << 64, room.bits)
        seen = pack_block(
            room.slots, room.bits, hash_keys.of(block), packing.shifts, packing.middle, packing.reduction, words
        )
        if seen > parameters.levels and planes.max() > parameters.levels:
            raise TermsError(f"a slot of block {block} is larger than {parameters.levels}; quantise to the levels")
        return words.reshape(-1) if whole else _gathered(words, lanes[block])

    return in_order(one, lambda: _Workspace(parameters, terms_digest), range(len(lanes)), threads)


def _spread(planes: NDArray[np.uint32], whole: NDArray[np.uint32], lanes: int) -> None:
    """Put rows of a few lanes into rows of 16, the rest 0."""
    rows = whole.reshape(len(whole), -1, LANES)
    rows[:, :, :lanes] = planes.reshape(len(planes), -1, lanes)
    rows[:, :, lanes:] = 0


def _gathered(whole: NDArray[np.uint32], lanes: int) -> NDArray[np.uint32]:
    """Take the first lanes of rows of 16."""
    return np.ascontiguousarray(whole.reshape(len(whole), -1, LANES)[:, :, :lanes]).reshape(-1)

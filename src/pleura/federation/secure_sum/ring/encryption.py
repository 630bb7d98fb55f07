"""A vector of small integers and a fresh secret in, the ciphertext out, a block at a time: b = a s + t e + m.

Memory stays at a few blocks, whatever the length of the vector.
"""

import os
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.check import HashKeys
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS, Keystream
from pleura.federation.secure_sum.ring.masks import Masks
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS, Packing, pack_block
from pleura.federation.secure_sum.ring.parameters import DATA_COEFFICIENTS, Parameters
from pleura.federation.secure_sum.ring.pipeline import in_order
from pleura.federation.secure_sum.ring.secret import RoundSecret, transformed

__all__ = ["Fill", "encrypt"]

Fill = Callable[[int, NDArray[np.uint32]], None]
"""Writes the integers of the vector's slots from a number on into an array; called from worker threads."""


class _Workspace:
    """Buffers of one thread, used again for every block."""

    def __init__(
        self, parameters: Parameters, terms_digest: bytes, check_key: bytes, secret: NDArray[np.uint32], noise: bytes
    ) -> None:
        self.masks = Masks(terms_digest, secret)
        self.hash_keys = HashKeys(check_key, parameters.values_per_coefficient)
        self.noise = Keystream(noise)
        self.bits = np.empty(BLOCK_WORDS, np.uint64)
        self.slots = np.zeros((parameters.values_per_coefficient, BLOCK_SLOTS), np.uint32)
        self.words = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32)
        self.seen = np.empty(LANES, np.uint32)


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
    key = transformed(secret.spend().astype(np.int32))
    noise_key = os.urandom(32)
    values = parameters.values_per_coefficient

    def one(room: _Workspace, block: int) -> NDArray[np.uint32]:
        width = DATA_COEFFICIENTS * lanes[block]
        start = block * values * BLOCK_SLOTS
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
        room.masks.write(block, words)
        room.noise.write(block << 64, room.bits)
        pack_block(
            room.slots.reshape(-1),
            room.bits,
            room.hash_keys.of(block),
            packing.shifts,
            packing.reduction,
            words.reshape(-1),
            room.seen,
        )
        if room.seen.max() > parameters.levels and planes.max() > parameters.levels:
            raise TermsError(f"a slot of block {block} is larger than {parameters.levels}; quantise to the levels")
        return words.reshape(-1) if whole else _gathered(words, lanes[block])

    def workspace() -> _Workspace:
        return _Workspace(parameters, terms_digest, check_key, key, noise_key)

    return in_order(one, workspace, range(len(lanes)), threads)


def _spread(planes: NDArray[np.uint32], whole: NDArray[np.uint32], lanes: int) -> None:
    """Put rows of a few lanes into rows of 16, the rest 0."""
    rows = whole.reshape(len(whole), -1, LANES)
    rows[:, :, :lanes] = planes.reshape(len(planes), -1, lanes)
    rows[:, :, lanes:] = 0


def _gathered(whole: NDArray[np.uint32], lanes: int) -> NDArray[np.uint32]:
    """Take the first lanes of rows of 16."""
    return np.ascontiguousarray(whole.reshape(len(whole), -1, LANES)[:, :, :lanes]).reshape(-1)

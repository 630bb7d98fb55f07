"""A vector of small integers and a fresh secret in, the ciphertext out, a block at a time: b = a s + t e + m.

Memory stays at a few blocks, whatever the length of the vector.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.check import HashKeys
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS, Keystream
from pleura.federation.secure_sum.ring.masks import Masks
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS, Packing, pack_block
from pleura.federation.secure_sum.ring.parameters import DATA_COEFFICIENTS, Parameters
from pleura.federation.secure_sum.ring.pipeline import in_order, then_wiped
from pleura.federation.secure_sum.ring.secret import RoundSecret, transformed
from pleura.federation.secure_sum.ring.workspace import Workspace, borrowed, narrow, widen

__all__ = ["Fill", "encrypt"]

Fill = Callable[[int, NDArray[np.uint32]], None]
"""Writes the integers of the vector's slots from a number on into an array; called from worker threads."""


@dataclass(frozen=True)
class _Room:
    """What one thread has for itself."""

    masks: Masks
    hash_keys: HashKeys
    noise: Keystream
    memory: Workspace


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

    @contextmanager
    def room() -> Iterator[_Room]:
        with borrowed() as memory:
            masks = Masks(terms_digest, key, memory.uniform)
            yield _Room(masks, HashKeys(check_key, values), Keystream(noise_key), memory)

    def one(room: _Room, block: int) -> NDArray[np.uint32]:
        planes = room.memory.planes[: values * BLOCK_SLOTS]
        _fill_planes(fill, planes, block * planes.size, slots, lanes[block], values)
        words = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32)
        room.masks.write(block, words)
        room.noise.write(block << 64, room.memory.bits)
        seen = np.empty(LANES, np.uint32)
        flat = words.reshape(-1)
        keys = room.hash_keys.of(block)
        pack_block(planes, room.memory.bits, keys, packing.shifts, packing.reduction, flat, seen)
        if seen.max() > parameters.levels and planes.max() > parameters.levels:
            raise TermsError(f"a slot of block {block} is larger than {parameters.levels}; quantise to the levels")
        if lanes[block] < LANES:
            narrow(flat, len(PRIMES) * RING_DEGREE, lanes[block])
        return flat[: len(PRIMES) * RING_DEGREE * lanes[block]]

    return then_wiped(in_order(one, room, range(len(lanes)), threads), key)


def _fill_planes(fill: Fill, planes: NDArray[np.uint32], start: int, slots: int, lanes: int, values: int) -> None:
    """Have the slots of a block from `start` on written, plane after plane, 0 past the vector's end, rows of 16."""
    width = DATA_COEFFICIENTS * lanes
    for s in range(values):
        plane = planes[s * width : (s + 1) * width]
        count = min(max(slots - (start + s * width), 0), width)
        if count:
            fill(start + s * width, plane[:count])
        plane[count:] = 0
    if lanes < LANES:
        widen(planes, values * DATA_COEFFICIENTS, lanes)

"""The sum of ciphertexts and the sum of their secrets in, the sum of the vectors out, by block, or a refusal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.errors import TermsError, WireError, WrongSumError
from pleura.federation.secure_sum.ring.check import HashKeys
from pleura.federation.secure_sum.ring.compiled import read_only
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS
from pleura.federation.secure_sum.ring.masks import Masks
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS, Packing
from pleura.federation.secure_sum.ring.parameters import DATA_COEFFICIENTS, NOISE_BITS, Parameters
from pleura.federation.secure_sum.ring.pipeline import in_order, then_wiped
from pleura.federation.secure_sum.ring.secret import transformed
from pleura.federation.secure_sum.ring.unpacking import joining_factors, unpack_block
from pleura.federation.secure_sum.ring.workspace import Workspace, borrowed, narrow, widen

__all__ = ["decrypt"]


@dataclass(frozen=True)
class _Room:
    """What one thread has for itself."""

    masks: Masks
    hash_keys: HashKeys
    memory: Workspace


def decrypt(
    blocks: Iterable[NDArray[np.uint32]],
    secret_sum: NDArray[np.int32],
    slots: int,
    parameters: Parameters,
    terms_digest: bytes,
    check_key: bytes,
    hospitals: int,
    *,
    threads: int = 1,
) -> Iterator[NDArray[np.uint32]]:
    """Open the sum of several hospitals' ciphertexts.

    Parameters
    ----------
    blocks : the sum, in the form of `encryption.encrypt`
    secret_sum : int32 (4096,), the sum of the secrets of just these hospitals
    slots : length of the vectors
    terms_digest, check_key : those of the encryption
    hospitals : how many ciphertexts were added, 1 to `parameters.most_hospitals`
    threads : blocks that are worked on at once

    Yields
    ------
    uint32 (up to v * 4095 * 16,), the summed slots of a block, in the vector's order

    Raises
    ------
    TermsError
        If the number of hospitals does not fit the parameters.
    WireError
        If a block is missing, left over or of another size.
    WrongSumError
        If a ring element is not a sum of what so many hospitals encrypted, or holds a word that is not below its prime.
    """
    if not 1 <= hospitals <= parameters.most_hospitals:
        raise TermsError(f"the sum is for up to {parameters.most_hospitals} hospitals, got {hospitals}")
    most_secret = NOISE_BITS * hospitals
    if secret_sum.shape != (RING_DEGREE,) or secret_sum.max() > most_secret or secret_sum.min() < -most_secret:
        raise WrongSumError(
            f"what the answers combine to is no sum of {hospitals} secrets: an answer is wrong; run the round again"
        )
    lanes = parameters.blocks(slots)
    packing, factors = Packing.of(parameters), joining_factors()
    key = transformed(secret_sum.astype(np.int32))
    values = parameters.values_per_coefficient
    most = np.array([[p - 1] for p in PRIMES] + [[hospitals * parameters.levels], [hospitals * 2 * NOISE_BITS], [0]])

    @contextmanager
    def room() -> Iterator[_Room]:
        with borrowed() as memory:
            yield _Room(Masks(terms_digest, key, memory.uniform), HashKeys(check_key, values), memory)

    def one(room: _Room, job: tuple[int, NDArray[np.uint32]]) -> NDArray[np.uint32]:
        block, words = job
        if lanes[block] < LANES:
            spread = room.memory.planes[: len(PRIMES) * BLOCK_WORDS]
            spread[: words.size] = words
            widen(spread, len(PRIMES) * RING_DEGREE, lanes[block])
            words = spread
        room.masks.write(block, room.memory.masks)
        found = np.empty(values * BLOCK_SLOTS, np.uint32)
        largest = np.empty((6, LANES), np.uint32)
        masks, keys = room.memory.masks.reshape(-1), room.hash_keys.of(block)
        unpack_block(
            read_only(words), masks, keys, packing.shifts, packing.reduction, factors, found, largest.reshape(-1)
        )
        _refuse_wrong((largest > most)[:, : lanes[block]], block)
        if lanes[block] < LANES:
            narrow(found, values * DATA_COEFFICIENTS, lanes[block])
        return found[: slots - block * found.size]

    return then_wiped(in_order(one, room, _numbered(blocks, lanes), threads), key)


def _refuse_wrong(wrong: NDArray[np.bool_], block: int) -> None:
    """Raise for the first ring element of which a word, a slot, a noise or a tag is not right; rows as `largest`."""
    if not wrong.any():
        return
    lane = int(np.flatnonzero(wrong.any(axis=0))[0])
    element = block * LANES + lane
    if wrong[: len(PRIMES), lane].any():
        raise WrongSumError(
            f"a word of ring element {element} of the sum is not below its prime: bytes were altered on the way; "
            "fetch the sum again"
        )
    raise WrongSumError(
        f"ring element {element} of the sum does not open: answers were wrong, or bytes were altered on the way; "
        "fetch the sum again, then run the round again"
    )


def _numbered(blocks: Iterable[NDArray[np.uint32]], lanes: list[int]) -> Iterator[tuple[int, NDArray[np.uint32]]]:
    """Count the blocks, and refuse those that do not fit."""
    number = 0
    for number, words in enumerate(blocks, start=1):
        if number > len(lanes):
            raise WireError(f"the sum has more than the {len(lanes)} blocks that its vector needs")
        expected = len(PRIMES) * RING_DEGREE * lanes[number - 1]
        if words.shape != (expected,) or words.dtype != np.uint32:
            raise WireError(
                f"block {number - 1} of the sum has {expected} words of 32 bits, got {words.dtype} {words.shape}"
            )
        yield number - 1, words
    if number < len(lanes):
        raise WireError(f"the sum has {number} blocks, but its vector needs {len(lanes)}; fetch it again")

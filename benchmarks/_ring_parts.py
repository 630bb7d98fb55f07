"""Nothing in, the CPU time of each part of the ring sum out, in ns a value: where the time of a value goes."""

from collections.abc import Callable
from time import process_time_ns

import numpy as np

from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.ring.addition import add
from pleura.federation.secure_sum.ring.check import HashKeys
from pleura.federation.secure_sum.ring.compiled import read_only
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS, SPARE_WORDS, Keystream, accept
from pleura.federation.secure_sum.ring.masks import product_with_secret
from pleura.federation.secure_sum.ring.modulus import LANES, PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.noise import biased
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS, Packing, pack_block
from pleura.federation.secure_sum.ring.parameters import Parameters
from pleura.federation.secure_sum.ring.secret import transformed
from pleura.federation.secure_sum.ring.transform import inverse_lanes, tables
from pleura.federation.secure_sum.ring.unpacking import joining_factors, unpack_block
from pleura.federation.secure_sum.slots import SlotVector

__all__ = ["ring_parts"]


def _median(work: Callable[[], object], times: int, values: float) -> float:
    """Median CPU time of some runs, in ns a value; the first run, which may compile, does not count."""
    work()
    taken = []
    for _ in range(times):
        start = process_time_ns()
        work()
        taken.append(process_time_ns() - start)
    return float(np.median(taken)) / values


def ring_parts(
    *, most_hospitals: int = 10, values_per_coefficient: int = 4, times: int = 25
) -> list[tuple[str, float]]:
    """Time each part on one whole block, on this thread alone.

    Returns
    -------
    (name, CPU ns a value); the parts of encryption come first and add up to its time on long vectors, but for what
    Python does between them. The transform alone, the noise alone and the secret's transform are shares of other parts.
    """
    sizes = Parameters(most_hospitals=most_hospitals, values_per_coefficient=values_per_coefficient)
    values = values_per_coefficient * BLOCK_SLOTS
    rng = np.random.default_rng(0)
    update = {"update": rng.normal(0, 0.3, values).astype(np.float32)}
    slots = SlotVector(Layout((Values(name="update", size=values, clip=1.0),)), sizes.levels, update)
    planes, stream = np.empty(values, np.uint32), Keystream(bytes(32))
    uniform, bits = np.empty(BLOCK_WORDS + SPARE_WORDS, np.uint32), np.empty(BLOCK_WORDS, np.uint64)
    table = tables()[0]
    secret = transformed(rng.integers(-21, 22, RING_DEGREE).astype(np.int32))
    factors = (secret[0, 0], secret[0, 1], table.inverses, table.inverses_companion, table.p)
    words = np.empty((len(PRIMES), BLOCK_WORDS), np.uint32)
    packing, hashes = Packing.of(sizes), HashKeys(bytes(32), values_per_coefficient)
    keys, seen, counts = hashes.of(0), np.empty(LANES, np.uint32), np.empty(BLOCK_WORDS, np.uint32)
    largest, found = np.empty(6 * LANES, np.uint32), np.empty(values, np.uint32)

    def fill() -> None:
        for start in range(0, values, BLOCK_SLOTS):
            slots.fill(start, planes[start : start + BLOCK_SLOTS])

    def expand() -> None:
        for k in range(len(PRIMES)):
            stream.write(k << 64, uniform)

    def take() -> None:
        for p in PRIMES:
            accept(uniform, BLOCK_WORDS, np.uint32(p))

    def multiply() -> None:
        for k in range(len(PRIMES)):
            product_with_secret(uniform[:BLOCK_WORDS], *factors, words[k])

    def transform() -> None:
        for k in range(len(PRIMES)):
            inverse_lanes(words[k], table.inverses, table.inverses_companion, table.p)

    def pack() -> None:
        pack_block(planes, bits, keys, packing.shifts, packing.reduction, words.reshape(-1), seen)

    def unpack() -> None:
        flat = read_only(words.reshape(-1))
        unpack_block(flat, masks, keys, packing.shifts, packing.reduction, joining_factors(), found, largest)

    def timed(work: Callable[[], object]) -> float:
        return _median(work, times, values)

    rows = [
        ("encrypt: quantise", timed(fill)),
        ("both: AES of the uniform words", timed(expand)),
        ("both: reject words", timed(take)),
        ("both: times the secret, inverse transform", timed(multiply)),
        ("encrypt: AES of the noise", timed(lambda: stream.write(1 << 100, bits))),
        ("both: keys of the check", timed(lambda: hashes.of(0))),
        ("encrypt: noise, pack, hash, add", timed(pack)),
    ]
    for k, p in enumerate(PRIMES):
        words[k] %= p
    masks, other = words.reshape(-1).copy(), words.reshape(-1).copy()
    rows += [
        ("decrypt: join, unpack, hash", timed(unpack)),
        ("add", timed(lambda: add(other, read_only(masks), LANES))),
        ("share: inverse transform alone", timed(transform)),
        ("share: noise alone", timed(lambda: biased(bits, counts))),
        (
            "once: transform of the secret, at 1 M values",
            timed(lambda: transformed(np.ones(RING_DEGREE, np.int32))) * values / 1e6,
        ),
    ]
    return rows


if __name__ == "__main__":
    for name, taken in ring_parts():
        print(f"{name:46s} {taken:6.3f} ns")

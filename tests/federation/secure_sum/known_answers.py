"""Inputs of a known answer from its name, outputs from the reference; as a program it writes vectors/ring.json.

Inputs are drawn with SHAKE-256, so that any implementation in any language can redo them. Long outputs stand there as
SHA-256 over little-endian words, with the first few words beside it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from federation.secure_sum import reference

__all__ = ["CASES", "VECTORS", "Case", "Worked", "answers", "shortened", "worked"]

VECTORS = Path(__file__).parent / "vectors" / "ring.json"


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is encrypted, and which of its blocks are written down."""

    name: str
    most_hospitals: int
    values_per_coefficient: int
    hospitals: int
    slots: int
    blocks: tuple[int, ...]

    @property
    def scheme(self) -> reference.Scheme:
        return reference.Scheme(self.most_hospitals, self.values_per_coefficient)

    def octets(self, what: str, size: int) -> bytes:
        return shake_256(f"pleura known answer: {self.name}: {what}".encode()).digest(size)

    def numbers(self, what: str, count: int, limit: int) -> list[int]:
        """`count` numbers below `limit`: 64 bits each, little-endian, modulo the limit."""
        raw = self.octets(what, 8 * count)
        return [int.from_bytes(raw[i : i + 8], "little") % limit for i in range(0, 8 * count, 8)]

    @property
    def terms_digest(self) -> bytes:
        return self.octets("terms", 32)

    @property
    def check_key(self) -> bytes:
        return self.octets("check key", 32)

    def secret(self, hospital: int) -> list[int]:
        return [x - 21 for x in self.numbers(f"secret {hospital}", reference.N, reference.NOISE + 1)]

    def vector(self, hospital: int) -> list[int]:
        """The slots; the first is the largest there may be, the last as well."""
        levels = self.scheme.levels
        slots = self.numbers(f"slots {hospital}", self.slots, levels + 1)
        slots[0] = slots[-1] = levels
        return slots

    def noise(self, hospital: int, block: int, lanes: int) -> list[list[int]]:
        """The noise of a block: for each lane 4096 numbers of 0..42."""
        return [
            self.numbers(f"noise {hospital} {block} {lane}", reference.N, reference.NOISE + 1) for lane in range(lanes)
        ]


CASES = (
    Case(
        name="four values, two ring elements",
        most_hospitals=3,
        values_per_coefficient=4,
        hospitals=3,
        slots=4 * 4095 + 5,
        blocks=(0,),
    ),
    Case(
        name="three values of odd width, one ring element",
        most_hospitals=50,
        values_per_coefficient=3,
        hospitals=4,
        slots=100,
        blocks=(0,),
    ),
    Case(
        name="second block",
        most_hospitals=128,
        values_per_coefficient=4,
        hospitals=1,
        slots=16 * 4 * 4095 + 3,
        blocks=(1,),
    ),
)


def shortened(numbers: Sequence[int], size: int = 4) -> dict[str, Any]:
    """How many, SHA-256 over the numbers of `size` bytes each, little-endian, and the first four in hexadecimal."""
    raw = b"".join((x % (1 << (8 * size))).to_bytes(size, "little") for x in numbers)
    return {"count": len(numbers), "sha256": sha256(raw).hexdigest(), "first": [f"{x:x}" for x in numbers[:4]]}


def _flat(lanes: Sequence[Sequence[int]]) -> list[int]:
    """Numbers by lane as numbers by position, the lanes of a position beside one another."""
    return [x for position in zip(*lanes, strict=True) for x in position]


@dataclass(frozen=True)
class Worked:
    """All numbers of one block, in the order of the wire."""

    uniform: list[list[int]]
    """For each prime a, in the transform's domain."""
    messages: list[list[int]]
    """Of each hospital."""
    bare: list[list[int]]
    """Of each hospital a s + m: its words but for the noise."""
    noise: list[list[int]]
    words: list[list[int]]
    total: list[int]
    opened: list[int]
    """t e + m of the sum, as whole numbers."""


def worked(case: Case, block: int) -> Worked:
    """Work out a block by the reference; a second for two ring elements."""
    lanes = reference.lanes_of(case.scheme, case.slots)[block]
    uniform = [reference.uniform(case.terms_digest, block, lanes, k) for k in range(3)]
    a = [[reference.interpolate(values, k) for values in uniform[k]] for k in range(3)]

    def masks(secret: Sequence[int]) -> list[int]:
        found = [[reference.times(p, secret, reference.PRIMES[k]) for p in a[k]] for k in range(3)]
        return [x for lanes_of_one in found for x in _flat(lanes_of_one)]

    size = reference.N * lanes
    primes = [p for p in reference.PRIMES for _ in range(size)]
    secrets = [case.secret(hospital) for hospital in range(case.hospitals)]
    messages = [
        _flat(reference.messages(case.scheme, case.vector(hospital), block, case.check_key))
        for hospital in range(case.hospitals)
    ]
    noise = [_flat(case.noise(hospital, block, lanes)) for hospital in range(case.hospitals)]
    bare = [
        [(x + m) % p for x, m, p in zip(masks(s), 3 * message, primes, strict=True)]
        for s, message in zip(secrets, messages, strict=True)
    ]
    words = [
        [(x + case.scheme.t * e) % p for x, e, p in zip(b, 3 * n, primes, strict=True)]
        for b, n in zip(bare, noise, strict=True)
    ]
    [total] = reference.add([[w] for w in words])
    mask = masks([sum(column) for column in zip(*secrets, strict=True)])
    opened = [
        reference.from_residues([(total[k * size + i] - mask[k * size + i]) % reference.PRIMES[k] for k in range(3)])
        for i in range(size)
    ]
    return Worked([_flat(values) for values in uniform], messages, bare, noise, words, total, opened)


def _written(case: Case, block: int) -> dict[str, Any]:
    found = worked(case, block)
    lanes = reference.lanes_of(case.scheme, case.slots)[block]
    return {
        "block": block,
        "lanes": lanes,
        "uniform": [shortened(values) for values in found.uniform],
        "check keys": [
            asdict(reference.check_keys(case.check_key, block * reference.LANES + lane, case.values_per_coefficient))
            for lane in range(lanes)
        ],
        "hospitals": [
            {
                "secret": shortened([x % 256 for x in case.secret(hospital)], 1),
                "messages": shortened(found.messages[hospital], 16),
                "checks": [f"{m:x}" for m in found.messages[hospital][-lanes:]],
                "words without noise": shortened(found.bare[hospital]),
                "noise": shortened(found.noise[hospital], 1),
                "words": shortened(found.words[hospital]),
            }
            for hospital in range(case.hospitals)
        ],
        "sum of words": shortened(found.total),
        "opened coefficients": shortened(found.opened, 16),
    }


def answers(case: Case) -> dict[str, Any]:
    """All that is written down of a case; seconds of work."""
    scheme = case.scheme
    return {
        **asdict(case),
        "blocks": [_written(case, block) for block in case.blocks],
        "terms_digest": case.terms_digest.hex(),
        "check_key": case.check_key.hex(),
        "log_t": scheme.log_t,
        "slot_bits": scheme.bits,
        "levels": scheme.levels,
        "ring_elements": scheme.elements(case.slots),
        "slot sums": shortened([sum(x) for x in zip(*map(case.vector, range(case.hospitals)), strict=True)], 8),
    }


def main() -> None:
    text = {
        "primes": reference.PRIMES,
        "roots": reference.ROOTS,
        "cases": [answers(case) for case in CASES],
    }
    VECTORS.write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()

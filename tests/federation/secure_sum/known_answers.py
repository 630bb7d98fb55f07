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

__all__ = ["CASES", "VECTORS", "Case", "answers", "shortened"]

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


def _upload(case: Case, hospital: int, block: int, product: list[list[list[int]]]) -> tuple[list[int], dict[str, Any]]:
    """One hospital's words of a block, and what is written down of it."""
    scheme = case.scheme
    messages = reference.messages(scheme, case.vector(hospital), block, case.check_key)
    noise = case.noise(hospital, block, len(messages))
    bare = [
        (a + m) % p
        for p, lanes in zip(reference.PRIMES, product, strict=True)
        for a, m in zip(_flat(lanes), _flat(messages), strict=True)
    ]
    flat = _flat(noise)
    words = [(x + scheme.t * flat[i % len(flat)]) % reference.PRIMES[i // len(flat)] for i, x in enumerate(bare)]
    return words, {
        "secret": shortened([x % 256 for x in case.secret(hospital)], 1),
        "messages": shortened(_flat(messages), 16),
        "checks": [f"{m[reference.DATA]:x}" for m in messages],
        "words without noise": shortened(bare),
        "noise": shortened(flat, 1),
        "words": shortened(words),
    }


def _block(case: Case, block: int) -> dict[str, Any]:
    lanes = reference.lanes_of(case.scheme, case.slots)[block]
    uniform = [reference.uniform(case.terms_digest, block, lanes, k) for k in range(3)]
    a = [[reference.interpolate(values, k) for values in uniform[k]] for k in range(3)]

    def product(secret: Sequence[int]) -> list[list[list[int]]]:
        return [[reference.times(p, secret, reference.PRIMES[k]) for p in a[k]] for k in range(3)]

    secrets = [case.secret(hospital) for hospital in range(case.hospitals)]
    uploads = [_upload(case, hospital, block, product(secrets[hospital])) for hospital in range(case.hospitals)]
    [total] = reference.add([[words] for words, _ in uploads])
    mask = product([sum(column) for column in zip(*secrets, strict=True)])
    opened = [
        reference.from_residues(
            [(total[(k * reference.N + j) * lanes + lane] - mask[k][lane][j]) % reference.PRIMES[k] for k in range(3)]
        )
        for j in range(reference.N)
        for lane in range(lanes)
    ]
    return {
        "block": block,
        "lanes": lanes,
        "uniform": [shortened(_flat(values)) for values in uniform],
        "check points": [
            list(reference.check_points(case.check_key, block * reference.LANES + lane)) for lane in range(lanes)
        ],
        "hospitals": [written for _, written in uploads],
        "sum of words": shortened(total),
        "opened coefficients": shortened(opened, 16),
    }


def answers(case: Case) -> dict[str, Any]:
    """All that is written down of a case; seconds of work."""
    scheme = case.scheme
    return {
        **asdict(case),
        "blocks": [_block(case, block) for block in case.blocks],
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

"""A number in, a federation of so many hospitals out: keys on disk, the first member list, its group key."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pleura.errors import PleuraError
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.terms import RoundTerms

NAME = "Thorax"


@dataclass
class People:
    folder: Path
    coordinator: CoordinatorKey
    hospitals: list[HospitalKeys]
    members: MemberList
    group_key: GroupKey
    group_message: bytes

    def terms(self, *, number: int = 0, members: tuple[str, ...] | None = None) -> RoundTerms:
        taking_part = tuple(h.fingerprint for h in self.hospitals) if members is None else members
        layout = Layout((Values(name="w", size=5, clip=1.0),))
        return RoundTerms(
            federation=NAME, round=number, attempt=0, members=taking_part, most_hospitals=128, layout=layout
        )


def found(folder: Path, count: int) -> People:
    coordinator = CoordinatorKey.create(folder / "coordinator")
    hospitals = [HospitalKeys.create(folder / str(i), f"Hospital {i}") for i in range(count)]
    members = MemberList.make(coordinator, NAME, [h.public for h in hospitals])
    group_key, message = GroupKey.make(hospitals[0], members)
    return People(folder, coordinator, hospitals, members, group_key, message)


def secret(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(-21, 22, 4096).astype(np.int8)


def mutations(message: bytes, rng: np.random.Generator, *, every: int = 1, random: int = 500) -> Iterator[bytes]:
    """Each byte (or each `every`-th) changed, and messages cut, lengthened, spliced and overwritten at random."""
    for at in range(0, len(message), every):
        yield message[:at] + bytes([message[at] ^ int(rng.integers(1, 256))]) + message[at + 1 :]
    for _ in range(random):
        start, stop = sorted(int(x) for x in rng.integers(0, len(message) + 1, 2))
        kind = int(rng.integers(0, 5))
        if kind == 0:
            yield message[: min(start, len(message) - 1)]
        elif kind == 1:
            yield message + rng.bytes(1 + start % 100)
        elif kind == 2:
            yield message[:start] + message[max(stop, start + 1) :] if start < len(message) else b""
        elif kind == 3:
            yield message[:start] + rng.bytes(1 + stop - start) + message[stop:]
        else:
            yield message[:stop] + message[start:] + message[:1]


def refused(reading: Callable[[bytes], object], messages: Iterator[bytes]) -> int:
    """How many messages were given; each is refused with an error of the tree, anything else comes through."""
    count = 0
    for message in messages:
        count += 1
        try:
            reading(message)
        except PleuraError:
            continue
        raise AssertionError(f"message {count} was accepted, though it is not what was sent")
    return count

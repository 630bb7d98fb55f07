"""Hospitals with keys, rounds of them, and what a round has to give, taken slowly: for the tests of the protocol."""

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.ciphers.seal_context import make_seal_key
from pleura.federation.secure_sum.hospital import HospitalRound
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.group_key import GroupKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.slots import SlotVector, half_range
from pleura.federation.secure_sum.terms import RoundTerms

FEDERATION = "three lungs"
_numbers = count()


@lru_cache
def hospital(number: int) -> HospitalKeys:
    with tempfile.TemporaryDirectory() as folder:
        return HospitalKeys.create(Path(folder) / "keys", f"hospital {number}")


@lru_cache
def keyrings(hospitals: int) -> tuple[Keyring, ...]:
    """One federation of so many hospitals."""
    with tempfile.TemporaryDirectory() as folder:
        coordinator = CoordinatorKey.create(Path(folder) / "keys")
    held = [hospital(i) for i in range(hospitals)]
    members = MemberList.make(coordinator, FEDERATION, [keys.public for keys in held])
    made, message = GroupKey.make(held[0], members)
    opened = [made, *(GroupKey.open(message, keys, members) for keys in held[1:])]
    shared = make_seal_key(made)
    return tuple(Keyring(keys, members, key, shared) for keys, key in zip(held, opened, strict=True))


def terms_for(layout: Layout, hospitals: int, **fields: Any) -> RoundTerms:
    """Terms of a round that no other test has."""
    members = tuple(keys.hospital.fingerprint for keys in keyrings(hospitals))
    settings = {"most_hospitals": 10, "round": next(_numbers), "attempt": 0} | fields
    return RoundTerms(federation=FEDERATION, members=members, layout=layout, **settings)


def rounds(terms: RoundTerms, *, threads: int = 1) -> list[HospitalRound]:
    """Every member's side of the round."""
    rings = keyrings(len(terms.members))
    return [HospitalRound(terms, place, rings[place], threads=threads) for place in range(len(rings))]


def quantised_sum(
    layout: Layout, levels: int, vectors: Mapping[int, Mapping[str, Any]]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What a round has to give for these vectors: sums of what was sent, taken slot by slot in int64."""
    slots = np.zeros(layout.slots(levels), np.int64)
    for arrays in vectors.values():
        one = np.empty(slots.size, np.uint32)
        SlotVector(layout, levels, arrays).fill(0, one)
        slots += one
    half = half_range(levels)
    values, counts, at = {}, {}, 0
    for segment in layout.segments:
        if hasattr(segment, "clip"):
            run = slots[at : at + segment.size] - len(vectors) * half
            values[segment.name] = (run * (segment.clip / half)).astype(np.float32)
            at += segment.size
        else:
            digits = segment.digits(levels)
            run = slots[at : at + digits * segment.size].reshape(digits, segment.size)
            counts[segment.name] = sum(run[d] * (levels + 1) ** d for d in range(digits))
            at += run.size
    return values, counts

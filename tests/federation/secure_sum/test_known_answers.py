"""Committed known answers, recomputed by the slow reference."""

import json
from typing import Any

import pytest

from federation.secure_sum import reference
from federation.secure_sum.known_answers import CASES, VECTORS, Case, answers

WRITTEN: dict[str, Any] = json.loads(VECTORS.read_text())


def test_the_ring_is_the_written_one() -> None:
    assert tuple(WRITTEN["primes"]) == reference.PRIMES
    assert tuple(WRITTEN["roots"]) == reference.ROOTS
    assert [case["name"] for case in WRITTEN["cases"]] == [case.name for case in CASES]


@pytest.mark.parametrize("place", range(len(CASES)), ids=[case.name for case in CASES])
def test_the_reference_gives_the_written_answers(place: int) -> None:
    case: Case = CASES[place]
    assert json.loads(json.dumps(answers(case))) == WRITTEN["cases"][place]

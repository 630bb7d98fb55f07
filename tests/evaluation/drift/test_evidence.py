"""Evidence of a fall: integrals the slow way, Ville's bound, and falls that are found."""

import numpy as np
import pytest
from scipy.integrate import quad

from pleura.evaluation.drift.evidence import evidence_of_fall


def test_against_integrals_over_every_start() -> None:
    hits, promised = [1, 1, 0, 1, 0, 0], 0.8
    found = evidence_of_fall(hits, promised)
    for end in range(1, 7):
        expected = 1 / (end + 1)
        for start in range(end):
            part = hits[start:end]
            good, bad = sum(part), len(part) - sum(part)
            ratio = quad(lambda q, s=good, f=bad: q**s * (1 - q) ** f, 0, promised)[0]
            ratio /= promised * promised**good * (1 - promised) ** bad
            expected += ratio / ((start + 1) * (start + 2))
        assert found[end - 1] == pytest.approx(expected, rel=2e-3)


def test_its_expectation_is_one_where_the_promise_is_just_kept() -> None:
    """Over all 64 outcomes of six cases, each with its probability; below 1 where the share is higher."""
    outcomes = [[bit >> place & 1 for place in range(6)] for bit in range(64)]
    last = np.array([evidence_of_fall(one, 0.7)[-1] for one in outcomes])
    for share, expected in ((0.7, 1.0), (0.85, None)):
        weights = np.array([share ** sum(one) * (1 - share) ** (6 - sum(one)) for one in outcomes])
        assert weights.sum() == pytest.approx(1)
        if expected is None:
            assert weights @ last < 0.9
        else:
            assert weights @ last == pytest.approx(expected)


def test_false_alarms_however_often_one_looks(rng: np.random.Generator) -> None:
    ever = sum(evidence_of_fall(rng.random(150) < 0.9, 0.9).max() >= 20 for _ in range(150))
    assert ever <= 14, "150 x 0.05 and 2.4 standard errors"


def test_a_late_fall_is_found(rng: np.random.Generator) -> None:
    found = 0
    for _ in range(20):
        evidence = evidence_of_fall(np.r_[rng.random(300) < 0.93, rng.random(150) < 0.6], 0.9)
        found += evidence[:300].max() < 20 <= evidence[300:].max()
    assert found >= 18


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="each 0 or 1"):
        evidence_of_fall([0.5, 1], 0.9)
    with pytest.raises(ValueError, match="between 0 and 1"):
        evidence_of_fall([1, 0], 1)

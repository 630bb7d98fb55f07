"""Comparisons of two tables: the right test for the right kind of cases, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.comparison.areas import delong_paired, delong_unpaired
from pleura.evaluation.comparison.predictions import compare_predictions
from pleura.evaluation.comparison.proportions import mcnemar, paired_difference, unpaired_difference
from pleura.evaluation.predictions import Predictions

QUICK = IntervalSettings(resamples=300)


def _predictions(seed: int, name: str = "c", count: int = 80) -> Predictions:
    truth = np.random.default_rng(1).integers(0, 3, count)
    scores = np.random.default_rng(seed).dirichlet(np.ones(3), count) + 0.3 * np.eye(3)[truth]
    return Predictions(("a", "b", "c"), tuple(f"{name}{index}" for index in range(count)), truth, scores)


def test_the_same_cases_in_another_order_are_compared_one_by_one() -> None:
    one, other = _predictions(2), _predictions(3)
    found = compare_predictions(one, other.in_order(range(79, -1, -1)))
    assert (found.paired, found.cases, found.tests) == (True, (80, 80), 10)
    truth = one.truth == 1
    assert found.classes[1].auc == delong_paired(truth, one.scores[:, 1], other.scores[:, 1])
    a, b = (each.scores.argmax(axis=1) == 1 for each in (one, other))
    table = ((a & b)[truth].sum(), (a & ~b)[truth].sum(), (~a & b)[truth].sum(), (~a & ~b)[truth].sum())
    assert found.classes[1].sensitivity == paired_difference(*(int(n) for n in table))
    right = [each.scores.argmax(axis=1) == each.truth for each in (one, other)]
    assert found.mcnemar == mcnemar(int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum()))
    assert found.accuracy.first == pytest.approx(right[0].mean())


def test_other_cases_are_compared_as_groups() -> None:
    one, other = _predictions(2), _predictions(3, "d", 60)
    found = compare_predictions(one, other)
    assert (found.paired, found.mcnemar) == (False, None)
    expected = delong_unpaired((one.truth == 2, one.scores[:, 2]), (other.truth == 2, other.scores[:, 2]))
    assert found.classes[2].auc == expected
    hits = [int((each.scores.argmax(axis=1) == each.truth).sum()) for each in (one, other)]
    assert found.accuracy == unpaired_difference(hits[0], 80, hits[1], 60)
    forced = compare_predictions(one, _predictions(3), paired=False)
    assert forced.accuracy.method.startswith("newcombe")


def test_thresholds_are_each_ones_own() -> None:
    scores = np.array([0.1, 0.4, 0.6, 0.9])
    one = Predictions(("0", "1"), tuple("abcd"), np.array([0, 0, 1, 1]), np.stack([-scores, scores], 1), binary=True)
    found = compare_predictions(one, one, thresholds=(0.3, None))
    assert len(found.classes) == 1
    assert (found.classes[0].specificity.first, found.classes[0].specificity.second) == (0.5, 1.0)
    assert (found.accuracy.first, found.accuracy.second, found.mcnemar.only_second) == (0.75, 1.0, 1)


def test_several_cases_of_a_patient_bring_the_bootstrap() -> None:
    """Each case four times over: the differences stay, and intervals are about as wide as for each case once."""
    one, other = _predictions(2), _predictions(3)
    people = [f"p{index}" for index in range(80)]

    def four(each: Predictions) -> Predictions:
        repeated = each.in_order(list(range(80)) * 4)
        return replace(repeated, cases=tuple(str(i) for i in range(320)), patients=tuple(people * 4))

    once, found = compare_predictions(one, other), compare_predictions(four(one), four(other), settings=QUICK)
    assert (found.mcnemar, found.tests) == (None, 0)
    for a, b in ((once.accuracy, found.accuracy), (once.classes[0].auc, found.classes[0].auc)):
        assert (b.difference, b.p, b.method) == (pytest.approx(a.difference), None, "bootstrap")
        assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.25)
    apart = compare_predictions(
        four(one), replace(four(other), cases=tuple(f"x{i}" for i in range(320))), settings=QUICK
    )
    assert apart.accuracy.method == "bootstrap"
    assert any("80 patients are in both" in note for note in apart.notes)


def test_what_cannot_be_compared_is_refused() -> None:
    one, other = _predictions(2), _predictions(3)
    with pytest.raises(CohortError, match="same classes"):
        compare_predictions(one, replace(other, classes=("a", "b", "d")))
    with pytest.raises(CohortError, match="40 cases are in both, of 80 and 40"):
        compare_predictions(one, other.in_order(range(40)))
    with pytest.raises(CohortError, match="names differ"):
        compare_predictions(one, replace(other, cases=("new", *other.cases[1:])), paired=True)
    changed = other.truth.copy()
    changed[3] = (changed[3] + 1) % 3
    with pytest.raises(CohortError, match="case c3 has another truth"):
        compare_predictions(one, replace(other, truth=changed))
    with pytest.raises(CohortError, match="another patient"):
        compare_predictions(replace(one, patients=one.cases), replace(other, patients=("x",) * 80))


def test_single_scores_of_another_scale_need_a_threshold() -> None:
    truth = np.array([0, 1, 0, 1, 1])
    share = np.array([0.2, 0.6, 0.7, 0.9, 0.3])
    cases = tuple("abcde")
    one = Predictions(("0", "1"), cases, truth, np.stack([-share, share], axis=1), binary=True)
    percent = Predictions(("0", "1"), cases, truth, np.stack([-100 * share, 100 * share], axis=1), binary=True)
    with pytest.raises(CohortError, match=r"0\.5 means nothing"):
        compare_predictions(one, percent)
    found = compare_predictions(one, percent, thresholds=(None, 50))
    assert (found.accuracy.first, found.accuracy.second) == (0.6, 0.6)

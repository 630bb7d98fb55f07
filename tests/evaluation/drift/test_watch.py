"""Later cases against those of go-live: what has changed is found and named, and what is odd is refused."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.drift.settings import DriftSettings
from pleura.evaluation.drift.watch import DriftReport, watch
from pleura.evaluation.predictions import Predictions

QUICK = DriftSettings(permutations=599)


def _cases(
    seed: int, count: int = 120, *, name: str = "r", shift: float = 0.0, better: float = 1.4, scanner: str = "AB"
) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = (rng.random(count) < 0.4).astype(np.int64)
    z = rng.normal(np.where(truth == 1, better, -1.4) + shift, 1)
    p = 1 / (1 + np.exp(-z))
    return Predictions(
        ("0", "1"),
        tuple(f"{name}{index}" for index in range(count)),
        truth,
        np.stack([-p, p], axis=1),
        binary=True,
        columns={
            "scanner": tuple(scanner[index % len(scanner)] for index in range(count)),
            "declined": tuple("yes" if abs(x) < 0.1 else "no" for x in z.tolist()),
        },
    )


def _found(later: Predictions, **options: object) -> DriftReport:
    return watch(_cases(1), later, settings=QUICK, **options)  # type: ignore[arg-type]


def test_cases_like_those_before_raise_no_alarm() -> None:
    found = _found(_cases(2, name="l"), columns=("scanner",), undetermined="declined")
    assert found.alarms == ()
    assert {one.of for one in found.answers} == {"probabilities", "positive answers", "undetermined", "scanner"}
    share = found.shares[0]
    called = [int((one.scores[:, 1] >= 0.5).sum()) for one in (_cases(1), _cases(2))]
    assert (share.reference.hits, share.later.hits) == tuple(called)


def test_more_positive_answers_are_found_in_all_that_they_move() -> None:
    found = _found(_cases(2, name="l", shift=1.5))
    assert found.alarms[:2] == ("probabilities", "positive answers")
    assert all(one.alarm for one in found.answers)
    (sums,) = found.sums
    assert sums.up.max() > sums.limit > sums.down.max()
    assert found.truths[1].measure == "specificity"
    assert found.truths[1].alarm_at is not None


def test_a_fall_of_sensitivity_alone_is_named() -> None:
    found = _found(_cases(2, 200, name="l", better=0.0))
    assert "sensitivity below 0.9" in found.alarms
    assert "specificity below 0.8" not in found.alarms
    watched = found.truths[0]
    assert watched.alarm_at is not None
    assert watched.evidence[watched.alarm_at - 1] >= 40 > watched.evidence[: watched.alarm_at - 1].max()


def test_another_scanner_is_named() -> None:
    found = _found(_cases(2, name="l", scanner="AC"), columns=("scanner",))
    assert found.alarms == ("scanner",)


def test_truths_that_are_not_known_are_not_counted() -> None:
    later = _cases(2, name="l")
    unknown = replace(later, truth=np.where(np.arange(120) < 100, -1, later.truth))
    found = _found(unknown)
    assert sum(one.later.total for one in found.truths) == 20
    assert any("known of 20 of 120" in note for note in found.notes)
    none = _found(replace(later, truth=np.full(120, -1)))
    assert none.truths == ()


def test_each_patient_counts_once() -> None:
    patients = tuple(f"p{index // 2}" for index in range(120))
    reference = replace(_cases(1), patients=patients)
    later = replace(_cases(2, name="l"), patients=(*patients[:20], *(f"q{index}" for index in range(100))))
    found = watch(reference, later, settings=QUICK)
    assert (len(found.reference.called), len(found.later.called)) == (60, 100)
    assert any("60 further cases of the reference, and 20 later" in note for note in found.notes)
    with pytest.raises(CohortError, match="all patients of the later cases are in the reference"):
        watch(reference, reference, settings=QUICK)
    with pytest.raises(CohortError, match="in both, or in neither"):
        watch(reference, _cases(2, name="l"), settings=QUICK)


def test_what_is_refused() -> None:
    later = _cases(2, name="l")
    with pytest.raises(CohortError, match="same classes in both"):
        _found(replace(later, classes=("a", "b"), binary=False))
    odd = replace(later, columns={**later.columns, "declined": ("perhaps",) * 120})
    with pytest.raises(CohortError, match="perhaps"):
        _found(odd, undetermined="declined")
    with pytest.raises(ValueError, match="need 400"):
        DriftSettings(permutations=99)
    with pytest.raises(ValueError, match="1 look or more"):
        DriftSettings(looks=0)

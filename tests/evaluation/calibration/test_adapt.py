"""Recalibrated predictions: held out by folds or by other cases, written and read back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.calibration.adapt import adapt, read_recalibration, write_recalibration
from pleura.evaluation.calibration.recalibration import cross_fitted, fit_recalibration
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.multiclass import log_loss
from pleura.evaluation.predictions import Predictions

QUICK = IntervalSettings(resamples=200)


def _predictions(seed: int, name: str, count: int = 150) -> Predictions:
    """Probabilities that are twice as sure as they should be."""
    rng = np.random.default_rng(seed)
    eta = 1.5 * rng.standard_normal((count, 3))
    right = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in right])
    said = np.exp(2 * eta)
    names = tuple(f"{name}{index}" for index in range(count))
    return Predictions(("a", "b", "c"), names, truth, said / said.sum(axis=1, keepdims=True), patients=names)


def test_judged_by_folds() -> None:
    here = _predictions(1, "n")
    found = adapt(here, "temperature", settings=QUICK)
    expected = cross_fitted(here.truth, here.probabilities, "temperature", patients=here.patients)
    np.testing.assert_allclose(found.mapped.scores, expected)
    gain = log_loss(here.probabilities, here.truth) - log_loss(expected, here.truth)
    assert found.gain.value == pytest.approx(gain, abs=1e-6)
    assert found.gain.low < found.gain.value < found.gain.high
    assert found.recalibration.scale == pytest.approx(0.5, abs=0.15)
    assert "5 folds" in found.judged
    assert found.before.log_loss - found.after.log_loss == pytest.approx(gain, abs=1e-6)


def test_judged_on_other_cases() -> None:
    here, there = _predictions(1, "n"), _predictions(2, "s")
    found = adapt(here, "platt", test=there, settings=QUICK)
    fitted = fit_recalibration(here.truth, here.probabilities, "platt")
    np.testing.assert_allclose(found.mapped.scores, fitted.apply(there.probabilities))
    assert found.mapped.cases == there.cases
    with pytest.raises(CohortError, match="1 patients or cases are fitted on and judged on"):
        adapt(here, "platt", test=replace(there, patients=("n3", *there.patients[1:])), settings=QUICK)
    with pytest.raises(CohortError, match="same classes"):
        adapt(here, "platt", test=replace(there, classes=("a", "b", "d")), settings=QUICK)
    with pytest.raises(CohortError, match="two classes"):
        adapt(here, "isotonic", settings=QUICK)


def test_a_map_is_read_back_as_it_was(tmp_path: Path) -> None:
    here = _predictions(1, "n")
    p = here.probabilities
    for kind, truth, before in (
        ("platt", here.truth, p),
        ("isotonic", np.minimum(here.truth, 1), np.stack([p[:, 0], 1 - p[:, 0]], axis=1)),
    ):
        fitted = fit_recalibration(truth, before, kind)
        classes = here.classes[: before.shape[1]]
        write_recalibration(tmp_path / "map.json", fitted, classes)
        read, names = read_recalibration(tmp_path / "map.json")
        assert (names, read.kind, read.cases) == (classes, kind, 150)
        np.testing.assert_array_equal(read.apply(before), fitted.apply(before))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "no json",
        '{"kind": "beta", "classes": ["a"], "scale": 1, "shifts": [0], "knots": null, "cases": 3}',
        '{"kind": "platt", "classes": ["a", "b"], "scale": 1, "shifts": [0], "knots": null, "cases": 3}',
        '{"kind": "platt", "classes": ["a", "b"], "scale": NaN, "shifts": [0, 0], "knots": null, "cases": 3}',
        '{"kind": "isotonic", "classes": ["a", "b"], "scale": 1, "shifts": [0, 0], "knots": [[1]], "cases": 3}',
    ],
)
def test_what_is_no_map_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(CohortError, match="is no recalibration"):
        read_recalibration(tmp_path / "map.json")

"""Predictions on a new hospital's cases in; recalibrated ones, judged on cases they were not fitted on, out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.calibration.assess import CalibrationReport, assess_calibration
from pleura.evaluation.calibration.recalibration import KINDS, Recalibration, cross_fitted, fit_recalibration
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.predictions import Predictions
from pleura.whole_file import write_text

__all__ = ["Adaptation", "adapt", "log_loss_gain", "read_recalibration", "write_recalibration"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Adaptation:
    """A recalibration and what it is worth."""

    recalibration: Recalibration
    """Fitted on all cases given for it: for use."""
    mapped: Predictions
    """The cases it is judged on, with mapped probabilities."""
    before: CalibrationReport
    """Of the same cases."""
    after: CalibrationReport
    gain: Estimate
    """Log loss before less log loss after: above 0 it is better after."""
    judged: str
    """On what it is judged, in words."""


def adapt(
    predictions: Predictions,
    kind: str,
    *,
    test: Predictions | None = None,
    folds: int = 5,
    bins: int = 10,
    settings: IntervalSettings | None = None,
) -> Adaptation:
    """Fit a recalibration and judge it on patients it was not fitted on.

    Parameters
    ----------
    predictions : probabilities of cases to fit on
    kind : one of `KINDS`
    test : cases to judge on, of the same classes and no patient (or case) of `predictions`; None to judge by
        cross-fitting on `predictions` themselves
    folds : of the cross-fitting
    bins : of the reliability curves
    settings : of the intervals; the seed also deals the folds

    Raises
    ------
    CohortError
        If the scores are no probabilities, the fit has no end, or the test has other classes or shared patients.
    """
    settings = settings or IntervalSettings()
    p = predictions.probabilities
    try:
        recalibration = fit_recalibration(predictions.truth, p, kind)
        if test is None:
            judged, mapped = (
                predictions,
                cross_fitted(
                    predictions.truth, p, kind, patients=predictions.patients, folds=folds, seed=settings.seed
                ),
            )
            words = f"by cross-fitting: each patient by a fit on the others, in {folds} folds"
        else:
            _check(predictions, test)
            judged, mapped = test, recalibration.apply(test.probabilities)
            words = f"on {len(test.cases)} other cases"
    except ValueError as error:
        raise CohortError(f"cannot recalibrate: {error}") from error
    changed = replace(judged, scores=np.stack([-mapped[:, 1], mapped[:, 1]], axis=1) if judged.binary else mapped)
    return Adaptation(
        recalibration=recalibration,
        mapped=changed,
        before=assess_calibration(judged, bins=bins, settings=settings),
        after=assess_calibration(changed, bins=bins, settings=settings),
        gain=log_loss_gain(judged.truth, judged.probabilities, mapped, patients=judged.patients, settings=settings),
        judged=words,
    )


def log_loss_gain(
    truth: npt.NDArray[np.int64],
    before: Floats,
    after: Floats,
    *,
    patients: Sequence[str] | None = None,
    settings: IntervalSettings | None = None,
) -> Estimate:
    """Mean log loss before less that after, with an interval over patients.

    Parameters
    ----------
    truth : (cases,), index of the class
    before, after : (cases, classes), probabilities
    patients : (cases,), or None where each case is a patient of its own
    settings : resamples, seed and confidence are used
    """
    settings = settings or IntervalSettings()
    rows = np.arange(len(truth))
    losses = [-np.log(np.maximum(p[rows, truth], 1e-6)) for p in (before, after)]
    gain = losses[0] - losses[1]
    weights = resample_weights(truth, patients, resamples=settings.resamples, seed=settings.seed)
    fewest = min(count_patients(truth == one, patients) for one in np.unique(truth))
    found = percentile(
        float(gain.mean()), weights @ gain / weights.sum(axis=1), patients=fewest, confidence=settings.confidence
    )
    assert found is not None
    return found


def write_recalibration(path: Path, recalibration: Recalibration, classes: tuple[str, ...]) -> None:
    """Write a map as JSON, as `read_recalibration` reads it back.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    table = {
        "format": 1,
        "kind": recalibration.kind,
        "classes": list(classes),
        "scale": recalibration.scale,
        "shifts": list(recalibration.shifts),
        "knots": None if recalibration.knots is None else [one.tolist() for one in recalibration.knots],
        "cases": recalibration.cases,
    }
    write_text(path, json.dumps(table, indent=2) + "\n")


def read_recalibration(path: Path) -> tuple[Recalibration, tuple[str, ...]]:
    """Read a map, and the classes it is for.

    Raises
    ------
    CohortError
        If the file cannot be read or is no such map.
    """
    try:
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        classes = tuple(str(one) for one in table["classes"])
        shifts = tuple(float(one) for one in table["shifts"])
        knots = table["knots"]
        pair = None if knots is None else (np.array(knots[0], dtype=np.float64), np.array(knots[1], dtype=np.float64))
        found = Recalibration(str(table["kind"]), float(table["scale"]), shifts, pair, int(table["cases"]))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, IndexError) as error:
        raise CohortError(f"{path} is no recalibration that can be read: {error}") from error
    numbers = [found.scale, *shifts, *(() if pair is None else (*pair[0], *pair[1]))]
    if found.kind not in KINDS or len(shifts) != len(classes) or not np.isfinite(numbers).all():
        raise CohortError(
            f"{path} is no recalibration: need a kind among {', '.join(KINDS)} and a finite shift a class"
        )
    return found, classes


def _check(predictions: Predictions, test: Predictions) -> None:
    if test.classes != predictions.classes or test.binary != predictions.binary:
        raise ValueError(f"need the same classes, got {', '.join(predictions.classes)} and {', '.join(test.classes)}")
    named = predictions.patients is not None and test.patients is not None
    shared = (
        set(predictions.patients or ()) & set(test.patients or ())
        if named
        else set(predictions.cases) & set(test.cases)
    )
    if shared:
        raise ValueError(f"{len(shared)} patients or cases are fitted on and judged on; take others, or cross-fit")

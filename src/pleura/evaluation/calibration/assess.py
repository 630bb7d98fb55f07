"""Predictions in; the calibration of each class's probability, and of all together, out."""

from dataclasses import dataclass

import numpy as np

from pleura.evaluation.calibration.brier import BrierParts, brier_parts
from pleura.evaluation.calibration.reliability import (
    CalibrationError,
    ReliabilityBin,
    calibration_error,
    reliability_bins,
)
from pleura.evaluation.calibration.slope import CalibrationSlope, calibration_slope
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.multiclass import log_loss
from pleura.evaluation.predictions import Predictions

__all__ = ["CalibrationReport", "ClassCalibration", "assess_calibration"]


@dataclass(frozen=True)
class ClassCalibration:
    """How far the probability of one class means what it says."""

    name: str
    positives: int
    """Cases of the class."""
    bins: tuple[ReliabilityBin, ...]
    error: CalibrationError
    brier: BrierParts
    slope: CalibrationSlope | None
    no_slope: str | None
    """Why there is no slope, where there is none."""


@dataclass(frozen=True)
class CalibrationReport:
    """Calibration of a set of probabilities."""

    cases: int
    classes: tuple[ClassCalibration, ...]
    """Each against the rest; the class "1" alone for a single score."""
    brier: float
    """Sum over classes of the mean squared distance of probability and truth; for a single score that of the class."""
    log_loss: float
    """Mean of -ln(probability of the true class)."""
    confidence: float


def assess_calibration(
    predictions: Predictions, *, bins: int = 10, settings: IntervalSettings | None = None
) -> CalibrationReport:
    """Hold probabilities against frequencies.

    Parameters
    ----------
    predictions : scores that are probabilities
    bins : of about equally many cases
    settings : of the intervals

    Raises
    ------
    CohortError
        If the scores are no probabilities.
    """
    settings = settings or IntervalSettings()
    p = predictions.probabilities
    found = []
    for k, name in enumerate(predictions.classes):
        if predictions.binary and k == 0:
            continue
        positive = predictions.truth == k
        slope, why = None, None
        try:
            slope = calibration_slope(
                positive,
                p[:, k],
                patients=predictions.patients,
                confidence=settings.confidence,
                resamples=min(settings.resamples, 1000),
                seed=settings.seed,
            )
        except ValueError as error:
            why = str(error)
        found.append(
            ClassCalibration(
                name=name,
                positives=int(positive.sum()),
                bins=reliability_bins(positive, p[:, k], bins=bins, confidence=settings.confidence),
                error=calibration_error(positive, p[:, k], bins=bins, seed=settings.seed),
                brier=brier_parts(positive, p[:, k], bins=bins),
                slope=slope,
                no_slope=why,
            )
        )
    truth = np.eye(len(predictions.classes))[predictions.truth]
    squares = (p - truth) ** 2
    return CalibrationReport(
        cases=len(predictions.cases),
        classes=tuple(found),
        brier=float(squares[:, 1].mean() if predictions.binary else squares.sum(axis=1).mean()),
        log_loss=log_loss(p, predictions.truth),
        confidence=settings.confidence,
    )

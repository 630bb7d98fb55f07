"""What was found beyond the usual in; the same as plain values for JSON, as rows and as figures, out."""

from collections.abc import Iterator, Mapping
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pleura.evaluation.calibration.assess import CalibrationReport, ClassCalibration
from pleura.evaluation.cutoffs.apply import AppliedCutOff
from pleura.evaluation.figures.calibration import calibration_figure
from pleura.evaluation.figures.decision import decision_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.output.plain import number
from pleura.evaluation.repeated.runs import Spread
from pleura.evaluation.supplement import Supplement
from pleura.evaluation.utility.decision_curve import DecisionCurve
from pleura.whole_file import write_rows

__all__ = ["calibration_table", "cut_off_table", "run_table", "supplement_table", "write_supplement"]


def supplement_table(found: Supplement) -> dict[str, Any]:
    """Give nested plain values; parts that were not asked for are left out."""
    table: dict[str, Any] = {}
    if found.calibration is not None:
        table["calibration"] = calibration_table(found.calibration)
    if found.decisions:
        table["decision_curve"] = {name: _decision(curve) for name, curve in found.decisions.items()}
    if found.partial:
        table["partial_auc"] = {
            name: {
                "axis": one.axis,
                "from": one.low,
                "to": one.high,
                "area": number(one.area),
                "corrected": number(one.corrected),
            }
            for name, one in found.partial.items()
        }
    if found.cut_offs:
        table["cut_offs"] = cut_off_table(found.cut_offs)
    if found.predictive:
        table["predictive_values"] = {
            name: {"prevalence": one.prevalence, "ppv": number(one.ppv), "npv": number(one.npv)}
            for name, one in found.predictive.items()
        }
    return table


def calibration_table(report: CalibrationReport) -> dict[str, Any]:
    """Give a calibration report as nested plain values."""
    return {
        "brier": round(report.brier, 6),
        "log_loss": round(report.log_loss, 6),
        "classes": {one.name: _calibration(one) for one in report.classes},
    }


def cut_off_table(cut_offs: Mapping[str, tuple[AppliedCutOff, ...]]) -> dict[str, Any]:
    """Give each class's cut-offs with where they were chosen and what they are worth."""
    return {
        name: [
            {
                "rule": str(one.cut_off.rule),
                "threshold": one.cut_off.threshold,
                "chosen_on": {
                    "positives": one.cut_off.positives,
                    "negatives": one.cut_off.negatives,
                    "sensitivity": round(one.cut_off.sensitivity, 6),
                    "specificity": round(one.cut_off.specificity, 6),
                },
                "shared_with_these": one.overlap,
                "warning": one.warning,
                **{
                    measure: number(getattr(one.result, measure))
                    for measure in ("sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative")
                },
            }
            for one in applied
        ]
        for name, applied in cut_offs.items()
    }


def run_table(found: Mapping[str, Spread]) -> list[dict[str, Any]]:
    """Give each measure of repeated runs with both intervals."""
    return [
        {
            "metric": name.partition(" ")[0].replace("auc", "AUC"),
            "class": name.partition(" ")[2] or None,
            "runs": [round(value, 6) for value in one.values],
            "mean": round(one.patients.value, 6),
            "over_runs": {"low": _digits(one.runs.low), "high": _digits(one.runs.high)},
            "over_patients": number(one.patients),
            "times_wider": _digits(one.times),
        }
        for name, one in found.items()
    ]


def write_supplement(folder: Path, found: Supplement, *, model: str = "model") -> None:
    """Write calibration and decision curve, where they are there, as CSV, PNG and SVG.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    if found.calibration is not None:
        write_rows(folder / "calibration.csv", _bins(found.calibration))
        save_figure(calibration_figure(found.calibration), folder, "calibration")
    if found.decisions:
        write_rows(folder / "decision-curve.csv", _benefits(found.decisions))
        save_figure(decision_figure(found.decisions, model=model), folder, "decision-curve")


def _calibration(one: ClassCalibration) -> dict[str, Any]:
    slope = one.slope
    return {
        "observed": None if slope is None else round(slope.observed, 6),
        "said": None if slope is None else round(slope.said, 6),
        "intercept": None if slope is None else number(slope.intercept),
        "slope": None if slope is None else number(slope.slope),
        "no_slope": one.no_slope,
        "ece": round(one.error.expected, 6),
        "ece_by_chance": round(one.error.by_chance, 6),
        "ece_p": round(one.error.p, 6),
        "rms_error_debiased": round(one.error.debiased, 6),
        "bins": one.error.bins,
        "brier": {
            "score": round(one.brier.score, 6),
            "reliability": round(one.brier.reliability, 6),
            "resolution": round(one.brier.resolution, 6),
            "uncertainty": round(one.brier.uncertainty, 6),
            "within_bins": round(one.brier.within_bins, 6),
            "skill": _digits(one.brier.skill),
        },
    }


def _decision(curve: DecisionCurve) -> dict[str, Any]:
    def column(values: npt.NDArray[np.float64]) -> list[float | None]:
        return [None if isnan(value) else round(value, 6) for value in values.tolist()]

    return {
        "prevalence": round(curve.prevalence, 6),
        "thresholds": column(curve.thresholds),
        "net_benefit": column(curve.model),
        "low": column(curve.low),
        "high": column(curve.high),
        "treat_all": column(curve.treat_all),
    }


def _bins(report: CalibrationReport) -> Iterator[dict[str, object]]:
    for one in report.classes:
        for part in one.bins:
            yield {
                "class": one.name,
                "lowest": round(part.lowest, 6),
                "highest": round(part.highest, 6),
                "mean": round(part.mean, 6),
                "observed": round(part.observed.value, 6),
                "observed_low": round(part.observed.low, 6),
                "observed_high": round(part.observed.high, 6),
                "cases": part.observed.total,
            }


def _benefits(curves: Mapping[str, DecisionCurve]) -> Iterator[dict[str, object]]:
    for name, curve in curves.items():
        columns = (curve.thresholds, curve.model, curve.low, curve.high, curve.treat_all)
        for values in zip(*(column.tolist() for column in columns), strict=True):
            shown = (None if isnan(value) else round(value, 6) for value in values)
            yield {"class": name} | dict(
                zip(("threshold", "net_benefit", "low", "high", "treat_all"), shown, strict=True)
            )


def _digits(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

"""Results in; the same as plain numbers for JSON, and as flat rows for CSV, out."""

from collections.abc import Iterator
from math import isinf
from typing import Any

import numpy as np

from pleura.evaluation.accuracy import AccuracyReport
from pleura.evaluation.agreement.grades import GradeResult
from pleura.evaluation.classification import Result
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.readers.study import MeanPoint, Point, ReaderStudy
from pleura.evaluation.roc import roc_curve

__all__ = ["MEASURES", "SIMULATED", "TIE_RULE", "accuracy_rows", "number", "reader_rows", "report_table", "roc_rows"]

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "f1", "auc", "lr_positive", "lr_negative")
"""Of one class against the rest."""
SIMULATED = "SIMULATED readers: a program drew these answers; they say nothing about any person."
TIE_RULE = "Where several answers share the lead of the vote, the case is divided between them in equal parts."


def report_table(report: AccuracyReport, study: ReaderStudy | None = None) -> dict[str, Any]:
    """Give a report, with the readers where there are any, as nested plain values; numbers to six digits."""
    table: dict[str, Any] = {
        "format": 1,
        "classes": list(report.classes),
        "threshold": report.threshold,
        "confidence": report.settings.confidence,
        "notes": list(report.notes),
        "all": _result(report.overall),
        "hospitals": {name: _result(one) for name, one in report.by_hospital.items()},
        "groups": {name: _result(one) for name, one in report.by_group.items()},
    }
    if report.grades is not None:
        table["grades"] = _grades(report.grades)
    if study is not None:
        table["readers"] = _study(study)
    return table


def accuracy_rows(report: AccuracyReport) -> list[dict[str, str | float | None]]:
    """Give one row a class for all cases, each hospital and each group, and one row for the mean over classes."""
    rows: list[dict[str, str | float | None]] = []
    for kind, name, result in report.parts():
        for one in result.classes:
            row: dict[str, str | float | None] = {"part": kind, "name": name, "class": one.name, "cases": result.cases}
            row |= {"positives": one.positives}
            for measure in MEASURES:
                row |= _columns(measure, getattr(one, measure))
            rows.append(row)
        row = {"part": kind, "name": name, "class": "(all classes)", "cases": result.cases}
        row |= _columns("accuracy", result.accuracy) | _columns("balanced_accuracy", result.balanced_accuracy)
        for measure in ("specificity", "f1", "auc"):
            row |= _columns(measure, getattr(result, f"macro_{measure}"))
        rows.append(row)
    return rows


def roc_rows(predictions: Predictions) -> Iterator[dict[str, str | float | None]]:
    """Give the points of every class's ROC curve over all cases and by hospital, from the strictest threshold on."""
    everyone = np.ones(len(predictions.cases), dtype=bool)
    parts = [("all", "all", everyone)]
    hospitals = predictions.hospitals or ()
    parts += [("hospital", name, np.array([one == name for one in hospitals])) for name in sorted(set(hospitals))]
    for kind, name, chosen in parts:
        for k, class_name in enumerate(predictions.classes):
            positive = predictions.truth[chosen] == k
            if (predictions.binary and k == 0) or positive.all() or not positive.any():
                continue
            curve = roc_curve(positive, predictions.scores[chosen, k])
            for values in zip(curve.thresholds, curve.sensitivity, curve.specificity, strict=True):
                threshold, sensitivity, specificity = (round(float(value), 6) for value in values)
                yield {
                    "part": kind,
                    "name": name,
                    "class": class_name,
                    "threshold": threshold,
                    "sensitivity": sensitivity,
                    "specificity": specificity,
                }


def reader_rows(study: ReaderStudy) -> list[dict[str, str | float | None]]:
    """Give one row a class and reader, then the mean, the tiers' means, the vote, and the model at the mean."""
    rows: list[dict[str, str | float | None]] = []
    for one in study.classes:
        points: list[Point | MeanPoint] = [*one.readers, one.mean, *one.tiers, one.vote]
        for point in points:
            tier = point.tier if isinstance(point, Point) else None
            row: dict[str, str | float | None] = {"class": one.name, "reader": point.name, "tier": tier}
            row |= _columns("sensitivity", point.sensitivity) | _columns("specificity", point.specificity)
            rows.append(row)
        model: dict[str, str | float | None] = {
            "class": one.name,
            "reader": "model at the readers' mean specificity",
            "tier": None,
        }
        rows.append(model | _columns("sensitivity", one.model_sensitivity))
        difference: dict[str, str | float | None] = {
            "class": one.name,
            "reader": "model minus readers' mean",
            "tier": None,
        }
        rows.append(difference | _columns("sensitivity", one.difference))
    return [row | {"simulated": "SIMULATED" if study.simulated else "no"} for row in rows]


def _result(result: Result) -> dict[str, Any]:
    return {
        "cases": result.cases,
        "patients": result.patients,
        "accuracy": number(result.accuracy),
        "balanced_accuracy": number(result.balanced_accuracy),
        "macro": {
            "specificity": number(result.macro_specificity),
            "f1": number(result.macro_f1),
            "auc": number(result.macro_auc),
        },
        "micro": {"auc": number(result.micro_auc)},
        "classes": {
            one.name: {
                "positives": one.positives,
                "negatives": one.negatives,
                **{measure: number(getattr(one, measure)) for measure in MEASURES},
            }
            for one in result.classes
        },
        "confusion": result.confusion.tolist(),
    }


def _grades(grades: GradeResult) -> dict[str, Any]:
    return {
        "quadratic_kappa": number(grades.kappa),
        "mean_error": round(grades.mean_error, 6),
        "off_by_more_than_one": grades.off_by_more,
    }


def _study(study: ReaderStudy) -> dict[str, Any]:
    return {
        "simulated": study.simulated,
        **({"warning": SIMULATED} if study.simulated else {}),
        "cases": study.cases,
        "unread": study.unread,
        "tied_votes": study.tied,
        "tie_rule": TIE_RULE,
        "accuracy": {name: number(one) for name, one in zip(study.readers, study.accuracies, strict=True)},
        "classes": {
            one.name: {
                "readers": [_point(point) for point in one.readers],
                "mean": _point(one.mean),
                "tiers": [_point(point) for point in one.tiers],
                "majority_vote": _point(one.vote),
                "model_sensitivity_at_mean_specificity": number(one.model_sensitivity),
                "model_minus_mean": number(one.difference),
            }
            for one in study.classes
        },
    }


def _point(point: Point | MeanPoint) -> dict[str, Any]:
    return {
        "name": point.name,
        **({"tier": point.tier} if isinstance(point, Point) and point.tier else {}),
        "sensitivity": number(point.sensitivity),
        "specificity": number(point.specificity),
    }


def number(found: Proportion | Estimate | None) -> dict[str, Any] | None:
    """Give a number with its interval as plain values; what is infinite is None, and marked."""
    if found is None:
        return None
    plain: dict[str, Any] = {
        "value": _rounded(found.value),
        "low": _rounded(found.low),
        "high": _rounded(found.high),
        "method": found.method,
    }
    if found.high is not None and isinf(found.high):
        plain["unbounded"] = True
    if isinstance(found, Proportion):
        plain |= {"hits": round(found.hits, 6), "total": found.total}
    return plain


def _rounded(value: float | None) -> float | None:
    return None if value is None or isinf(value) else round(value, 6)


def _columns(name: str, found: Proportion | Estimate | None) -> dict[str, str | float | None]:
    plain = number(found) or {}
    return {
        name: plain.get("value"),
        f"{name}_low": plain.get("low"),
        f"{name}_high": plain.get("high"),
        f"{name}_interval": plain.get("method"),
    }

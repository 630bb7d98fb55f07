"""A reader study's results in; plain values for JSON, rows for CSV, and a folder with all of it and figures, out."""

import json
from dataclasses import asdict
from math import isfinite, isinf
from pathlib import Path
from typing import Any

from pleura.evaluation.figures.reader_study import differences_figure, points_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion
from pleura.evaluation.output.plain import SIMULATED
from pleura.evaluation.readers.contrasts import Contrast
from pleura.evaluation.readers.mrmc.obuchowski_rockette import Components
from pleura.evaluation.readers.points import ReaderPoint
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.results import StudyResult
from pleura.evaluation.readers.times.compare import TimeResult
from pleura.whole_file import write_rows, write_text

__all__ = ["study_table", "write_study"]


def study_table(result: StudyResult) -> dict[str, Any]:
    """Give the results as nested plain values; numbers to six digits, infinite degrees of freedom as "inf"."""
    return {
        "format": 1,
        "simulated": result.simulated,
        **({"warning": SIMULATED} if result.simulated else {}),
        "conditions": list(result.conditions),
        "readers": list(result.readers),
        "tiers": list(result.tiers),
        "positives": result.positives,
        "negatives": result.negatives,
        "complete": result.complete,
        "covariance": result.covariance,
        "confidence": result.settings.confidence,
        "threshold": result.settings.threshold,
        "points": [_point(point) for point in result.points],
        "program": None if result.program is None else _point(result.program),
        "means": [{"group": one.group, "readers": one.readers, **_contrast(one.mean)} for one in result.means],
        "majority_votes": [
            {
                "group": vote.group,
                "condition": vote.condition,
                "readers": vote.readers,
                "tied": vote.tied,
                "sensitivity": _estimate(vote.sensitivity),
                "specificity": _estimate(vote.specificity),
            }
            for vote in result.votes
        ],
        "tests": [_contrast(one) for one in result.tests],
        "between_conditions": [_contrast(one) for one in result.between_conditions],
        "between_tiers": [_contrast(one) for one in result.between_tiers],
        "program_minus_mean": [_contrast(one) for one in result.against_mean],
        "program_minus_each": [_contrast(one) for one in result.against_each],
        "components": {merit: _components(parts) for merit, parts in result.components.items()},
        "times": None if result.times is None else _times(result.times),
        "notes": list(result.notes),
    }


def write_study(folder: Path, readings: Readings, result: StudyResult) -> None:
    """Write readers.json, points.csv, contrasts.csv, times.csv if there are times, and the two figures as PNG and SVG.

    Parameters
    ----------
    folder : exists
    readings, result : the result is of these readings

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    mark = {"simulated": "SIMULATED" if result.simulated else "no"}
    table = study_table(result)
    write_text(folder / "readers.json", json.dumps(table, indent=2) + "\n")
    points = [*table["points"], *([table["program"]] if table["program"] else [])]
    votes = [
        {"reader": f"majority vote, {vote['group']}", "condition": vote["condition"]}
        | {merit: vote[merit] for merit in ("sensitivity", "specificity")}
        for vote in table["majority_votes"]
    ]
    write_rows(folder / "points.csv", [_flat(point) | mark for point in [*points, *votes]])
    kinds = ("means", "tests", "between_conditions", "between_tiers", "program_minus_mean", "program_minus_each")
    write_rows(folder / "contrasts.csv", [{"kind": kind} | row | mark for kind in kinds for row in table[kind]])
    if table["times"] is not None:
        rows = [{"kind": kind} | row for kind in ("conditions", "tiers", "program") for row in table["times"][kind]]
        write_rows(folder / "times.csv", [row | mark for row in [*table["times"]["summaries"], *rows]])
    save_figure(points_figure(readings, result), folder, "points")
    if result.between_conditions or result.between_tiers or result.against_mean:
        save_figure(differences_figure(result), folder, "differences")


def _point(point: ReaderPoint) -> dict[str, Any]:
    return {
        "reader": point.reader,
        "tier": point.tier,
        "condition": point.condition,
        "cases": point.cases,
        "auc": _estimate(point.auc),
        "sensitivity": _estimate(point.sensitivity),
        "specificity": _estimate(point.specificity),
    }


def _flat(point: dict[str, Any]) -> dict[str, Any]:
    """Spread each estimate over columns of its own."""
    row = {name: value for name, value in point.items() if not isinstance(value, dict)}
    for merit in ("auc", "sensitivity", "specificity"):
        found = point.get(merit) or {}
        row |= {merit: found.get("value"), f"{merit}_low": found.get("low"), f"{merit}_high": found.get("high")}
    return row


def _contrast(one: Contrast) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(one).items()}


def _components(parts: Components) -> dict[str, float]:
    conditions, readers, interaction = (float(one) for one in parts.mean_squares)
    return {
        "ms_conditions": _small(conditions),
        "ms_readers": _small(readers),
        "ms_interaction": _small(interaction),
        "variance": _small(float(parts.variance)),
        "cov1_same_reader": _small(float(parts.same_reader)),
        "cov2_same_condition": _small(float(parts.same_condition)),
        "cov3_both_differ": _small(float(parts.both_differ)),
        "of_readers": _small(float(parts.of_readers)),
        "of_interaction": _small(float(parts.of_interaction)),
    }


def _times(times: TimeResult) -> dict[str, Any]:
    return {
        "summaries": [{name: _plain(value) for name, value in asdict(one).items()} for one in times.summaries],
        "variances_of_logarithm": {name: round(value, 6) for name, value in times.variances.items()},
        **{
            kind: [{name: _plain(value) for name, value in asdict(one).items()} for one in getattr(times, kind)]
            for kind in ("conditions", "tiers", "program")
        },
    }


def _estimate(found: Proportion | Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    plain = {name: _plain(value) for name, value in asdict(found).items()}
    return {"value": round(found.value, 6), **plain}


def _plain(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if isinf(value):
        return "inf"
    return round(value, 6) if isfinite(value) else None


def _small(value: float) -> float:
    """Keep six digits that count: components of variance are small."""
    return float(f"{value:.6g}")

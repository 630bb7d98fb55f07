"""Compared cases and their summary in; the same as plain values for JSON, and a folder of tables and figures, out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pleura.evaluation.checklists.facts import TestFacts
from pleura.evaluation.figures.agreement import bland_altman_figure
from pleura.evaluation.figures.segmentation import dice_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.output.plain import number
from pleura.evaluation.segmentation.cases import SegmentedCase
from pleura.evaluation.segmentation.summary import FALSE_ML, SegmentationReport, Summary, paired_ratios
from pleura.whole_file import write_rows, write_text

__all__ = ["case_rows", "facts_of_segmentation", "rule", "segmentation_table", "write_segmentation"]

MEASURES = {
    "dice": "Dice",
    "hausdorff95_mm": "95 % Hausdorff distance, mm",
    "surface_mm": "mean surface distance, mm",
    "volume_ml": "error of the volume, ml",
    "volume_rmse_ml": "RMSE of the volume, ml",
    "ratio_rmse": "RMSE of lesion over lung",
}


def rule(report: SegmentationReport) -> str:
    """Say in words how the numbers were made, and how cases without lesion count."""
    return (
        "Dice and surface distances are means over the cases with lesion, each taken as a volume; distances lack the "
        "cases in which no lesion was found. Errors of volume and ratio are over all cases. In a case without lesion "
        f"more than {FALSE_ML:g} ml is a false finding. Intervals ({100 * report.confidence:g} %) are percentiles over "
        f"{report.resamples} resamples of patients, as many with and without lesion as there are."
    )


def segmentation_table(report: SegmentationReport) -> dict[str, Any]:
    """Give nested plain values."""
    agreement = report.agreement
    return {
        "format": 1,
        "rule": rule(report),
        "confidence": report.confidence,
        "resamples": report.resamples,
        "seed": report.seed,
        "overall": _plain(report.overall),
        "by_label": {name: _plain(one) for name, one in report.by_label.items()},
        "by_hospital": {name: _plain(one) for name, one in report.by_hospital.items()},
        "agreement_of_the_ratio": None if agreement is None else asdict(agreement),
    }


def case_rows(cases: Sequence[SegmentedCase]) -> Iterator[dict[str, object]]:
    """Give a row a case; a value that there is none of is empty."""
    for one in cases:
        yield {
            "case": one.case,
            "patient": one.patient,
            "hospital": one.hospital,
            "label": one.label,
            **{name: _rounded(value) for name, value in asdict(one.comparison).items()},
            "lung_ml": _rounded(one.lung_ml),
            "found_lung_ml": _rounded(one.found_lung_ml),
            "truth_ratio": _rounded(one.truth_ratio),
            "found_ratio": _rounded(one.found_ratio),
        }


def facts_of_segmentation(
    cases: Sequence[SegmentedCase], report: SegmentationReport, *, partition: str = ""
) -> TestFacts:
    """Say for the checklists what was evaluated, how, and what came out.

    Parameters
    ----------
    cases, report : the report is of these cases
    partition : of the cohort, where it is known
    """
    labels, hospitals = ([getattr(one, name) for one in cases] for name in ("label", "hospital"))
    shown = {name: title for name, title in MEASURES.items() if getattr(report.overall, name) is not None}
    return TestFacts(
        classes={name or "cases": labels.count(name) for name in dict.fromkeys(labels)},
        cases=len(cases),
        patients=report.overall.patients,
        patients_named=True,
        hospitals={name: hospitals.count(name) for name in dict.fromkeys(hospitals) if name},
        partition=partition,
        rule=rule(report),
        measures=tuple(shown.values()),
        results=tuple(f"{title} {getattr(report.overall, name)}" for name, title in shown.items()),
        cluster_results=tuple(f"hospital {name}: Dice {one.dice}" for name, one in report.by_hospital.items()),
    )


def write_segmentation(folder: Path, cases: Sequence[SegmentedCase], report: SegmentationReport) -> None:
    """Write segmentation.json, cases.csv, and as PNG and SVG the figures dice and bland-altman where they can be drawn.

    Parameters
    ----------
    folder : exists
    cases, report : the report is of these cases

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_text(folder / "segmentation.json", json.dumps(segmentation_table(report), indent=2) + "\n")
    write_rows(folder / "cases.csv", case_rows(cases))
    if report.overall.with_lesion:
        save_figure(dice_figure(cases), folder, "dice")
    if report.agreement is not None:
        found, true = paired_ratios(cases)
        figure = bland_altman_figure(found, true, report.agreement, names=("found", "true"), unit="lesion over lung")
        save_figure(figure, folder, "bland-altman")


def _plain(one: Summary) -> Mapping[str, Any]:
    values = {name: getattr(one, name) for name in type(one).__dataclass_fields__}
    return {
        name: number(value) if isinstance(value, Estimate) else _rounded(value) if isinstance(value, float) else value
        for name, value in values.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

"""A go-live report in; the same as plain values for JSON, and a folder with page and figures, out."""

import json
from pathlib import Path
from typing import Any

from pleura.evaluation.classification import ClassResult
from pleura.evaluation.figures.calibration import calibration_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.figures.subgroups import subgroup_figure
from pleura.evaluation.output.plain import number
from pleura.evaluation.output.site_page import site_page
from pleura.evaluation.output.supplement import calibration_table
from pleura.evaluation.site.assess import SiteReport
from pleura.evaluation.site.subgroups import Subgroup
from pleura.whole_file import write_text

__all__ = ["site_table", "write_site"]


def site_table(report: SiteReport) -> dict[str, Any]:
    """Give nested plain values."""
    tuned, mapped = report.retuned, report.recalibrated
    return {
        "format": 1,
        "condition": report.condition,
        "cases": report.cases,
        "patients": report.patients,
        "called": report.call,
        "now": _rates(report.now),
        "goals": [
            {
                "measure": one.measure,
                "goal": one.goal,
                "found": number(one.found),
                "verdict": one.verdict,
                "more_cases_as_found": one.more_as_found,
                "more_cases_at_worst": one.more_at_worst,
                "more_consecutive_patients": one.more_in_all,
            }
            for one in report.goals
        ],
        "width": report.settings.width,
        "calibration": calibration_table(report.calibration),
        "recalibration": {"not_possible": report.no_recalibration}
        if mapped is None or report.calibration_after is None
        else {
            "kind": mapped.recalibration.kind,
            "scale": mapped.recalibration.scale,
            "added_to_log_odds": mapped.recalibration.shifts[1] - mapped.recalibration.shifts[0],
            "knots": None
            if mapped.recalibration.knots is None
            else [one.tolist() for one in mapped.recalibration.knots],
            "log_loss_gain_held_out": number(mapped.gain),
            "worth_it": mapped.worth_it,
            "calibration_held_out": calibration_table(report.calibration_after),
        },
        "cut_off": {"not_possible": report.no_cut_off}
        if tuned is None
        else {
            "rule": str(tuned.cut_off.rule),
            "threshold": tuned.cut_off.threshold,
            "thresholds_of_folds": list(tuned.thresholds),
            "held_out": _rates(tuned.held_out),
            "verdicts": dict(zip(("sensitivity", "specificity"), report.tuned_verdicts or (), strict=False)),
        },
        "subgroups": None
        if report.subgroups is None
        else {
            "tests": report.subgroups.tests,
            "fewest_cases_of_a_kind": report.subgroups.few,
            "groups": [_subgroup(one) for one in report.subgroups.groups],
        },
        "out_of_distribution": number(report.outside),
        "notes": list(report.notes),
    }


def write_site(folder: Path, report: SiteReport, *, hospital: str, model: str) -> None:
    """Write site.json, site.html, and the figures as PNG and SVG.

    Parameters
    ----------
    folder : exists
    report : what the page says
    hospital, model : what the page calls them

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_text(folder / "site.json", json.dumps(site_table(report), indent=2) + "\n")
    drawn = {"calibration": save_figure(calibration_figure(report.calibration), folder, "calibration")[0]}
    if report.calibration_after is not None:
        after = calibration_figure(report.calibration_after)
        drawn["calibration-after"] = save_figure(after, folder, "calibration-after")[0]
    if report.subgroups is not None and report.subgroups.groups:
        drawn["subgroups"] = save_figure(subgroup_figure(report.now, report.subgroups), folder, "subgroups")[0]
    pictures = {name: path.read_bytes() for name, path in drawn.items()}
    write_text(folder / "site.html", site_page(report, pictures, hospital=hospital, model=model))


def _rates(result: ClassResult) -> dict[str, Any]:
    names = ("sensitivity", "specificity", "ppv", "npv", "lr_positive", "lr_negative", "auc")
    return {name: number(getattr(result, name)) for name in names if getattr(result, name) is not None}


def _subgroup(one: Subgroup) -> dict[str, Any]:
    return {
        "column": one.column,
        "level": one.level,
        "cases": one.cases,
        "too_small": one.too_small,
        **_rates(one.result),
        "against_the_rest": [
            {
                "measure": test.measure,
                "difference": round(test.comparison.difference, 6),
                "low": None if test.comparison.low is None else round(test.comparison.low, 6),
                "high": None if test.comparison.high is None else round(test.comparison.high, 6),
                "method": test.comparison.method,
                "p": test.comparison.p,
                "p_holm": test.adjusted,
                "detectable_drop": test.detectable,
            }
            for test in one.tests
        ],
    }

"""A drift report in; the same as plain values for JSON, and a folder with page and figure, out."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pleura.evaluation.drift.watch import DriftReport, Share
from pleura.evaluation.figures.drift import drift_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.output.plain import number
from pleura.html_page import page_environment
from pleura.whole_file import write_text

__all__ = ["drift_page", "drift_table", "write_drift"]


def drift_table(report: DriftReport) -> dict[str, Any]:
    """Give nested plain values."""
    return {
        "format": 1,
        "condition": report.condition,
        "called": report.call,
        "cases": {"reference": len(report.reference.called), "later": len(report.later.called)},
        "alarms": list(report.alarms),
        "false_alarm_chance": {
            "answers_this_look": report.settings.level,
            "looks": report.settings.looks,
            "truths_for_ever": report.settings.alpha,
        },
        "shares": [_share(one) for one in report.shares],
        "answers": [
            {
                "of": one.of,
                "statistic": one.statistic,
                "value": round(one.test.value, 6),
                "by_chance": round(one.test.by_chance, 6),
                "alarm_above": round(one.test.limit, 6),
                "p": one.test.p,
                "p_adjusted": one.test.adjusted,
                "alarm": one.alarm,
            }
            for one in report.answers
        ],
        "truths": [
            {
                "measure": one.measure,
                "promised": one.promised,
                "later": number(one.later),
                "against_the_reference": None if one.share is None else _share(one.share),
                "evidence": round(float(one.evidence[-1]), 6),
                "greatest_evidence": round(float(one.evidence.max()), 6),
                "alarm_from": one.alarm_from,
                "alarm_after_cases": one.alarm_at,
            }
            for one in report.truths
        ],
        "settings": asdict(report.settings),
        "notes": list(report.notes),
    }


def write_drift(folder: Path, report: DriftReport, *, hospital: str, model: str) -> None:
    """Write drift.json, drift.html, and the figure as PNG and SVG.

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
    write_text(folder / "drift.json", json.dumps(drift_table(report), indent=2) + "\n")
    drawn = save_figure(drift_figure(report), folder, "drift")[0]
    write_text(folder / "drift.html", drift_page(report, drawn.read_bytes(), hospital=hospital, model=model))


def drift_page(report: DriftReport, picture: bytes, *, hospital: str, model: str) -> str:
    """Render the page; it needs no other file, runs no script, and prints on paper.

    Parameters
    ----------
    report : what it says
    picture : PNG of `drift_figure`
    hospital, model : what it calls them
    """
    template = page_environment("pleura.evaluation.output").get_template("drift.html.jinja")
    return template.render(report=report, picture=picture, hospital=hospital, model=model)


def _share(one: Share) -> dict[str, Any]:
    return {
        "name": one.name,
        "reference": number(one.reference),
        "later": number(one.later),
        "change": round(one.change.difference, 6),
        "low": None if one.change.low is None else round(one.change.low, 6),
        "high": None if one.change.high is None else round(one.change.high, 6),
        "method": one.change.method,
    }

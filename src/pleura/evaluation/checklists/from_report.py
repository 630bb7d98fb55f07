"""Predictions and their accuracy report in; the facts of the test, for the checklists, out."""

import platform
from importlib.metadata import version

from pleura import __version__
from pleura.evaluation.accuracy import AccuracyReport
from pleura.evaluation.checklists.facts import StudyFacts, TestFacts
from pleura.evaluation.classification import ClassResult, Result
from pleura.evaluation.predictions import Predictions

__all__ = ["facts_of_report", "facts_of_test", "software_versions"]

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "f1", "auc")
NAMES = {"ppv": "PPV", "npv": "NPV", "f1": "F1", "auc": "AUC"}


def facts_of_report(predictions: Predictions, report: AccuracyReport) -> StudyFacts:
    """Give what is known where there are only scores: the test and the software, neither model nor cohort.

    Parameters
    ----------
    predictions, report : the report is of these predictions
    """
    return StudyFacts(test=facts_of_test(predictions, report), software=software_versions())


def facts_of_test(predictions: Predictions, report: AccuracyReport, *, partition: str = "") -> TestFacts:
    """Say what was evaluated, how, and what came out.

    Parameters
    ----------
    predictions, report : the report is of these predictions
    partition : of the cohort, where it is known
    """
    names = predictions.classes
    by_cluster = [(f"{kind} {name}", one) for kind, name, one in report.parts() if kind != "all"]
    return TestFacts(
        classes={name: int((predictions.truth == index).sum()) for index, name in enumerate(names)},
        cases=len(predictions.cases),
        patients=report.overall.patients,
        patients_named=predictions.patients is not None,
        hospitals={name: one.cases for name, one in report.by_hospital.items()},
        groups={name: one.cases for name, one in report.by_group.items()},
        partition=partition,
        rule=_rule(report),
        threshold=report.threshold,
        measures=("accuracy", *(NAMES.get(name, name) for name in MEASURES if _given(report.overall, name))),
        uncertainty=next((note for note in report.notes if " intervals" in note), ""),
        results=(f"accuracy {report.overall.accuracy}", *_lines(report.overall)),
        cluster_results=tuple(f"{where}: accuracy {one.accuracy}" for where, one in by_cluster),
        confusion=tuple(tuple(row) for row in report.overall.confusion.tolist()),
    )


def software_versions() -> dict[str, str]:
    """Give the versions that the numbers depend on."""
    packages = {name: version(name) for name in ("numpy", "scipy")}
    return {"pleura": __version__, "Python": platform.python_version(), **packages}


def _rule(report: AccuracyReport) -> str:
    if report.threshold is None:
        return "A case is called its class with the highest score."
    return f"A class is called at a score of {report.threshold:g} or more."


def _given(result: Result, measure: str) -> bool:
    return any(getattr(one, measure) is not None for one in result.classes)


def _lines(result: Result) -> list[str]:
    return [line for one in result.classes for line in _of_class(one)]


def _of_class(one: ClassResult) -> list[str]:
    values = [(NAMES.get(name, name), getattr(one, name)) for name in MEASURES]
    return [f"{one.name}: {name} {value}" for name, value in values if value is not None]

"""Every fold's answers in; the cross-validation in numbers, and its files, out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from pleura import __version__
from pleura.data.cohort import Cohort
from pleura.data.task import Task
from pleura.evaluation.accuracy import AccuracyReport, evaluate_predictions
from pleura.evaluation.agreement.grades import quadratic_kappa, quadratic_kappa_interval
from pleura.evaluation.classification import IntervalSettings, Result, evaluate_classes
from pleura.evaluation.figures.learning_curves import learning_curve_figure
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.intervals.estimate import Estimate
from pleura.evaluation.intervals.proportions import Proportion
from pleura.evaluation.intervals.runs import over_runs
from pleura.evaluation.output.plain import report_table
from pleura.evaluation.predictions import Predictions, write_predictions
from pleura.evaluation.repeated.folds import FoldResult, FoldSummary, fold_summary
from pleura.evaluation.repeated.learning_curves import read_log
from pleura.models.files import model_id
from pleura.settings import TrainingRecipe
from pleura.training.description import recipe_hash
from pleura.whole_file import write_rows, write_text

__all__ = ["CrossValidation", "FoldAnswers", "sum_up", "write_sum"]

Row = dict[str, str | float | None]
Parts = tuple[float | None, float | None, float | None]
"""A value and the ends of its interval."""


@dataclass(frozen=True, eq=False)
class FoldAnswers:
    """What one fold's model answered."""

    folder: Path
    """Where the model and its log are."""
    held_out: Predictions
    """On the fold's own patients."""
    test: Predictions | None
    """On the test split; None where there is none."""


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """A cross-validation in numbers."""

    recipe: TrainingRecipe
    cohort: Cohort
    answers: tuple[FoldAnswers, ...]
    folds: FoldSummary
    """On held-out patients."""
    rows: tuple[Row, ...]
    """The same metric by metric, and for grades the quadratic-weighted kappa."""
    pooled: Predictions
    """All held-out answers; the group is the fold."""
    ensemble: Predictions | None
    """Mean of the folds' probabilities on the test split."""
    test: AccuracyReport | None
    """Of the ensemble."""
    test_rows: tuple[Row, ...]
    """On the test split: each metric of each fold's model, its mean and interval over runs, beside the ensemble's value
    and interval over patients."""


def sum_up(answers: Sequence[FoldAnswers], recipe: TrainingRecipe, cohort: Cohort, task: Task) -> CrossValidation:
    """Put the folds' answers together.

    Parameters
    ----------
    answers : two or more folds, with the same test cases in the same order
    recipe, cohort, task : what they are answers to
    """
    held = [one.held_out for one in answers]
    folds = fold_summary(
        [FoldResult(one.truth, one.scores, one.hospitals or (), one.patients or ()) for one in held],
        classes=task.classes,
    )
    tested = [one.test for one in answers if one.test is not None]
    ensemble = test = None
    rows: list[Row] = []
    if tested:
        ensemble = replace(tested[0], scores=np.mean([one.scores for one in tested], axis=0))
        test = evaluate_predictions(ensemble, ordinal=task.name == "severity")
        rows = _test_rows(tested, test)
        if task.name == "severity":
            rows.append(_kappa_row(tested, ensemble, "ensemble"))
    pooled = _pool(held)
    kappa = [{"hospital": "all", **_kappa_row(held, pooled, "pooled")}] if task.name == "severity" else []
    return CrossValidation(
        recipe=recipe,
        cohort=cohort,
        answers=tuple(answers),
        folds=folds,
        rows=(*folds.rows(), *kappa),
        pooled=pooled,
        ensemble=ensemble,
        test=test,
        test_rows=tuple(rows),
    )


def write_sum(summed: CrossValidation, out: Path) -> None:
    """Write `cross_validation.json`, its tables as CSV, all predictions, and the learning curves as PNG and SVG.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_predictions(summed.pooled, out / "predictions.csv")
    write_rows(out / "cross_validation.csv", summed.rows)
    if summed.ensemble is not None:
        write_predictions(summed.ensemble, out / "test-predictions.csv")
        write_rows(out / "test.csv", summed.test_rows)
    logs = [read_log(one.folder / "log.csv", one.folder.name) for one in summed.answers]
    save_figure(learning_curve_figure(logs), out, "learning-curves")
    write_text(out / "cross_validation.json", json.dumps(_table(summed), indent=2) + "\n")


def _table(summed: CrossValidation) -> dict[str, Any]:
    recipe, folds = summed.recipe, summed.folds
    return {
        "format": 1,
        "pleura": __version__,
        "recipe": {"name": recipe.name, "sha256": recipe_hash(recipe), "seed": recipe.training.seed},
        "cohort": {"name": summed.cohort.name, "synthetic": summed.cohort.synthetic},
        "classes": list(folds.classes),
        "patients": folds.patients,
        "folds": [
            {
                "fold": number,
                "cases": cases,
                "model": model_id(one.folder / recipe.name),
            }
            for number, (one, cases) in enumerate(zip(summed.answers, folds.cases, strict=True), start=1)
        ],
        "notes": [
            "run_low and run_high: mean over folds and Student's t, as papers give it. The folds share training cases.",
            "patient_low and patient_high: over patients, for the models as they are.",
            "Every row is on patients that the model was not trained on.",
        ],
        "held_out": [_rounded(row) for row in summed.rows],
        "test": None
        if summed.test is None
        else {"models": [_rounded(row) for row in summed.test_rows], "ensemble": report_table(summed.test)},
    }


def _test_rows(tested: Sequence[Predictions], ensemble: AccuracyReport) -> list[Row]:
    """Compare the folds' models and their mean on the test split, metric by metric."""
    few = IntervalSettings(resamples=100)  # only the values are used
    runs = [
        _metrics(evaluate_classes(one.truth, one.scores, one.classes, patients=one.patients, settings=few))
        for one in tested
    ]
    return [
        _row(*key, [run[key][0] for run in runs], _metrics(ensemble.overall)[key], "ensemble")
        for key in _metrics(ensemble.overall)
    ]


def _kappa_row(by_fold: Sequence[Predictions], together: Predictions, name: str) -> Row:
    """Quadratic-weighted kappa of each fold's answers, and of all with an interval over patients."""
    grades = len(together.classes)
    values = [quadratic_kappa(one.truth, one.scores.argmax(axis=1), grades) for one in by_fold]
    whole = quadratic_kappa_interval(together.truth, together.scores.argmax(axis=1), grades, patients=together.patients)
    known = [None if isnan(value) else value for value in values]
    return _row("quadratic kappa", "", known, _parts(whole), name)


def _row(metric: str, class_name: str, values: Sequence[float | None], whole: Parts, name: str) -> Row:
    """One metric by fold, its mean over folds, and its value over all under `name`."""
    row: Row = {"metric": metric, "class": class_name}
    row |= {f"fold_{number}": value for number, value in enumerate(values, start=1)}
    runs = over_runs([value for value in values if value is not None])
    row |= {"mean": runs.mean, "deviation": runs.deviation, "run_low": runs.low, "run_high": runs.high}
    return row | {name: whole[0], "patient_low": whole[1], "patient_high": whole[2]}


def _metrics(result: Result) -> dict[tuple[str, str], Parts]:
    """Each metric's value and interval, by its name and class."""
    found: dict[tuple[str, str], Estimate | Proportion | None] = {
        ("accuracy", ""): result.accuracy,
        ("balanced accuracy", ""): result.balanced_accuracy,
        ("macro AUC", ""): result.macro_auc,
    }
    for one in result.classes:
        found |= {
            ("sensitivity", one.name): one.sensitivity,
            ("specificity", one.name): one.specificity,
            ("AUC", one.name): one.auc,
        }
    return {key: _parts(value) for key, value in found.items()}


def _parts(value: Estimate | Proportion | None) -> Parts:
    return (None, None, None) if value is None else (value.value, value.low, value.high)


def _pool(held: Sequence[Predictions]) -> Predictions:
    first = held[0]
    return replace(
        first,
        cases=tuple(case for one in held for case in one.cases),
        truth=np.concatenate([one.truth for one in held]),
        scores=np.concatenate([one.scores for one in held]),
        patients=tuple(name for one in held for name in one.patients or ()),
        hospitals=tuple(name for one in held for name in one.hospitals or ()),
        groups=tuple(f"fold {number}" for number, one in enumerate(held, start=1) for _ in one.cases),
    )


def _rounded(row: Row) -> Row:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()}

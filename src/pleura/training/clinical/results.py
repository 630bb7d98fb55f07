"""A clinical result in; its tables, scores, figures, methods and checklists in a folder out."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pleura import __version__
from pleura.evaluation.accuracy import evaluate_predictions
from pleura.evaluation.checklists.facts import ModelFacts, StudyFacts
from pleura.evaluation.checklists.from_report import facts_of_test, software_versions
from pleura.evaluation.comparison.areas import Comparison
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.output.files import write_results
from pleura.evaluation.output.plain import number
from pleura.evaluation.predictions import Predictions
from pleura.training.clinical.assess import ClinicalResult
from pleura.training.clinical.figure import clinical_roc_figure
from pleura.training.clinical.recipe import Candidate
from pleura.whole_file import write_rows, write_text

__all__ = ["clinical_table", "final_predictions", "importance_rows", "write_clinical_result"]


def write_clinical_result(folder: Path, result: ClinicalResult) -> None:
    """Write all of a result.

    clinical.json holds everything; answers.csv a row an answer; comparisons.csv what fusion adds; importance.csv a row
    a kernel and feature; scores.csv each case's mean probability by every answer; roc-answers the curves. Accuracy,
    confusion, methods and checklists are of the final answer, that of the recipe's kernel and fusion.

    Parameters
    ----------
    folder : exists
    result : of `assess_clinical`

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    table = clinical_table(result)
    write_text(folder / "clinical.json", json.dumps(table, indent=2) + "\n")
    write_rows(folder / "answers.csv", [_flat(one) for one in table["answers"]])
    if table["comparisons"]:
        write_rows(folder / "comparisons.csv", table["comparisons"])
    if rows := importance_rows(result):
        write_rows(folder / "importance.csv", rows)
    predictions = final_predictions(result)
    write_rows(folder / "scores.csv", _score_rows(result, predictions))
    save_figure(clinical_roc_figure(result), folder, "roc-answers")
    report = evaluate_predictions(predictions)
    facts = StudyFacts(
        test=facts_of_test(predictions, report), model=_model_facts(result), software=software_versions()
    )
    write_results(folder, predictions, report, model=result.final, facts=facts)


def clinical_table(result: ClinicalResult) -> dict[str, Any]:
    """Give a result as nested plain values."""
    runs, recipe = result.runs, result.runs.recipe
    return {
        "format": 1,
        "pleura": __version__,
        "classes": [recipe.negative, recipe.positive],
        "cases": len(result.positive),
        "positives": int(result.positive.sum()),
        "learnt_from": {"cases": len(runs.cases.positive), "positives": int(runs.cases.positive.sum())},
        "final": result.final,
        "notes": list(result.notes),
        "gaps": {
            "auc_of_gaps_alone": number(result.gaps.auc),
            "suspicious": result.gaps.suspicious,
            "missing": {
                name: {recipe.positive: round(ill, 6), recipe.negative: round(other, 6)}
                for name, (ill, other) in result.gaps.shares.items()
            },
        },
        "answers": [
            {
                "answer": one.name,
                "auc": number(one.auc),
                "auc_resampled": number(one.resampled),
                "runs": {
                    "each": [round(area, 6) for area in one.runs],
                    "mean": _rounded(one.over_runs.mean),
                    "deviation": _rounded(one.over_runs.deviation),
                },
            }
            for one in result.answers
        ],
        "comparisons": [
            {"first": one.first, "second": one.second, **_comparison(one.found), "adjusted_p": one.adjusted_p}
            for one in result.versus
        ],
        "chosen": {
            kernel: [{**_candidate(one), "times": times} for one, times in counted.most_common()]
            for kernel, counted in runs.chosen.items()
        },
        "importance": importance_rows(result),
    }


def importance_rows(result: ClinicalResult) -> list[dict[str, str | float]]:
    """Give a row a kernel and feature, the most important first: fall of the AUC, mean and deviation over folds."""
    rows: list[dict[str, str | float]] = []
    schema = result.runs.cases.table.schema
    for kernel, lost in result.runs.importance.items():
        order = np.argsort(-lost.mean(axis=0), kind="stable").tolist() if len(lost) else []
        rows += [
            {
                "kernel": kernel,
                "feature": schema.names[place],
                "label": schema.features[schema.names[place]].label,
                "auc_lost": round(float(lost[:, place].mean()), 6),
                "deviation_over_folds": round(float(lost[:, place].std()), 6),
            }
            for place in order
        ]
    return rows


def final_predictions(result: ClinicalResult) -> Predictions:
    """Give the final answer's mean probabilities as predictions."""
    recipe, cases = result.runs.recipe, result.runs.cases
    p = result.mean[result.final]
    names = [name for name, there in zip(cases.table.cases, result.judged.tolist(), strict=True) if there]
    patients = [name for name, there in zip(cases.patients, result.judged.tolist(), strict=True) if there]
    return Predictions(
        classes=(recipe.negative, recipe.positive),
        cases=tuple(names),
        truth=result.positive.astype(np.int64),
        scores=np.stack([1 - p, p], axis=1),
        patients=None if cases.table.patients is None else tuple(patients),
    )


def _score_rows(result: ClinicalResult, predictions: Predictions) -> list[dict[str, str | float]]:
    rows: list[dict[str, str | float]] = []
    for place, case in enumerate(predictions.cases):
        row: dict[str, str | float] = {"case": case}
        if predictions.patients is not None:
            row["patient"] = predictions.patients[place]
        row["truth"] = predictions.classes[predictions.truth[place]]
        rows.append(row | {name: round(float(scores[place]), 6) for name, scores in result.mean.items()})
    return rows


def _model_facts(result: ClinicalResult) -> ModelFacts:
    recipe, schema = result.runs.recipe, result.runs.cases.table.schema
    folds = recipe.folds
    flagged = ", and which are missing is told to the machine" if recipe.flag_missing else ""
    labels = ", ".join(feature.label for feature in schema.features.values())
    return ModelFacts(
        name=result.final,
        architecture=f"support vector machine, {recipe.kernel} kernel",
        preprocessing=(
            f"Clinical data: {labels}. Missing values become the median or the most frequent value of the training "
            f"cases{flagged}; columns are scaled to the training cases' mean 0 and deviation 1."
        ),
        training_summary=(
            f"{folds.repeats} x {folds.outer}-fold cross-validation by patient, settings and calibration from "
            f"{folds.inner} inner folds; every case is judged by models that were not fitted on its patient"
        ),
        training={"seed": str(recipe.seed)},
    )


def _flat(answer: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"answer": answer["answer"]}
    for name in ("auc", "auc_resampled"):
        found = answer[name] or {}
        row |= {name: found.get("value"), f"{name}_low": found.get("low"), f"{name}_high": found.get("high")}
        row[f"{name}_interval"] = found.get("method")
    runs = answer["runs"]
    row |= {"runs_mean": runs["mean"], "runs_deviation": runs["deviation"]}
    return row | {f"run_{index}": area for index, area in enumerate(runs["each"], start=1)}


def _comparison(found: Comparison) -> dict[str, Any]:
    names = ("difference", "low", "high", "p")
    return {name: _rounded(getattr(found, name)) for name in names} | {"method": found.method}


def _candidate(one: Candidate) -> dict[str, float]:
    used = {"linear": (), "poly": ("gamma", "degree", "offset"), "rbf": ("gamma",)}[one.kernel.kind]
    return {"cost": one.cost, **{name: round(float(getattr(one.kernel, name)), 6) for name in used}}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

"""`pleura evaluate accuracy`: a table of scores and truths in; numbers with intervals, curves and figures out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pleura.cli.evaluation_tables import print_readers, print_report

if TYPE_CHECKING:
    from pleura.evaluation.predictions import Predictions
    from pleura.evaluation.supplement import Wishes

__all__ = ["accuracy"]


def accuracy(
    file: Annotated[Path, typer.Argument(help="CSV: case, truth, and scores.", show_default=False)],
    readers: Annotated[Path | None, typer.Option(help="CSV of readers' answers: case, reader, answer.")] = None,
    out: Annotated[Path | None, typer.Option(help="New folder for tables and figures.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Call a class at this score, not the highest one.")] = None,
    ordinal: Annotated[bool, typer.Option("--ordinal", help="Classes are grades in rising order: add kappa.")] = False,
    split: Annotated[str | None, typer.Option(help="Only cases whose column split says so.")] = None,
    cut_off: Annotated[
        list[str] | None,
        typer.Option(help="Choose a cut-off: youden, sensitivity=0.95 or specificity=0.9; may be repeated."),
    ] = None,
    cut_off_from: Annotated[Path | None, typer.Option(help="CSV of other cases to choose the cut-off on.")] = None,
    cut_off_split: Annotated[str | None, typer.Option(help="Choose the cut-off on this split of FILE.")] = None,
    calibration: Annotated[bool, typer.Option("--calibration", help="Add calibration of the probabilities.")] = False,
    bins: Annotated[int, typer.Option(min=1, help="Of the reliability curve.")] = 10,
    decision_curve: Annotated[bool, typer.Option("--decision-curve", help="Add net benefit.")] = False,
    partial: Annotated[
        str | None, typer.Option(help="Add the partial AUC of a range, as specificity:0.9:1 or sensitivity:0.8:1.")
    ] = None,
    prevalence: Annotated[
        list[str] | None,
        typer.Option(help="Add PPV and NPV at a prevalence: 0.1, or covid-19=0.1 with several classes; repeatable."),
    ] = None,
    interval: Annotated[str, typer.Option(help="Of an AUC: delong-logit, delong or bootstrap.")] = "delong-logit",
    proportions: Annotated[str, typer.Option(help="Intervals: wilson, clopper-pearson or bootstrap.")] = "wilson",
    confidence: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(help="Of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Compare scores with the truth: confusion, ROC, AUC, sensitivity, specificity, PPV, NPV, F1, with intervals.

    FILE has columns case and truth, then one score column a class, named as the class, or a single column score with
    truth 0 or 1. Columns patient, hospital, group and split are optional. `pleura evaluate cohort --out` writes such a
    file. A cut-off that is chosen on the cases it is judged on is marked with a warning.

    Example: pleura evaluate accuracy predictions.csv --out results --calibration --cut-off youden
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.accuracy import evaluate_predictions
    from pleura.evaluation.classification import IntervalSettings
    from pleura.evaluation.output.plain import report_table
    from pleura.evaluation.output.supplement import supplement_table, write_supplement
    from pleura.evaluation.predictions import read_predictions
    from pleura.evaluation.readers.study import compare_readers
    from pleura.evaluation.readers.table import read_answers
    from pleura.evaluation.supplement import supplement
    from pleura.export.result_folder import check_free, result_folder

    if out is not None:
        check_free(out)
    try:
        settings = IntervalSettings(
            confidence=confidence, auc=interval, proportions=proportions, resamples=resamples, seed=seed
        )
    except ValueError as error:
        raise RecipeError(str(error)) from error
    everything = read_predictions(file)
    predictions = everything if split is None else _of_split(everything, split, file)
    wishes = _wishes(predictions, cut_off, calibration, bins, decision_curve, partial, prevalence)
    chosen_on = None
    if cut_off_from is not None:
        chosen_on = read_predictions(cut_off_from)
    elif cut_off_split is not None:
        chosen_on = _of_split(everything, cut_off_split, file)
    report = evaluate_predictions(predictions, threshold=threshold, ordinal=ordinal, settings=settings)
    try:
        more = supplement(predictions, report.overall, wishes, chosen_on=chosen_on, settings=settings)
    except ValueError as error:
        raise RecipeError(str(error)) from error
    answers = None if readers is None else read_answers(readers, predictions.classes)
    study = None if answers is None else compare_readers(predictions, answers, settings=settings)
    table = report_table(report, study) | supplement_table(more)
    if out is not None:
        from pleura.evaluation.output.files import write_results

        with result_folder(out) as folder:
            write_results(folder, predictions, report, answers=answers, study=study, table=table)
            write_supplement(folder, more)
    if as_json:
        typer.echo(json.dumps(table, indent=2))
        return
    from pleura.cli.evaluation_supplement_tables import print_supplement

    print_report(report)
    print_supplement(more)
    if study is not None:
        print_readers(study)


def _of_split(predictions: "Predictions", name: str, file: Path) -> "Predictions":
    import numpy as np

    from pleura.errors import CohortError

    if predictions.splits is None or name not in predictions.splits:
        known = ", ".join(sorted(set(predictions.splits or ()))) or "none: there is no column split"
        raise CohortError(f"{file} has no case of split {name}; its splits are {known}")
    return predictions.of(np.array([one == name for one in predictions.splits]))


def _wishes(
    predictions: "Predictions",
    cut_off: list[str] | None,
    calibration: bool,
    bins: int,
    decision_curve: bool,
    partial: str | None,
    prevalence: list[str] | None,
) -> "Wishes":
    from pleura.errors import RecipeError
    from pleura.evaluation.cutoffs.choose import read_rule
    from pleura.evaluation.supplement import Wishes

    try:
        rules = tuple(read_rule(text) for text in cut_off or ())
        prevalences = {}
        for text in prevalence or ():
            name, equals, value = text.rpartition("=")
            if not equals and not predictions.binary:
                raise ValueError(f'"{text}" names no class; write for instance {predictions.classes[0]}={text}')
            prevalences[name if equals else "1"] = float(value)
        chosen = None
        if partial is not None:
            axis, low, high = partial.split(":")
            chosen = (axis, float(low), float(high))
    except ValueError as error:
        raise RecipeError(f"cannot take an option as it is: {error}") from error
    return Wishes(
        calibration=calibration,
        bins=bins,
        decision_curve=decision_curve,
        partial=chosen,
        prevalences=prevalences,
        rules=rules,
    )

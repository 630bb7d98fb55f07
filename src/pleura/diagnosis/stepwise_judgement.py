"""Scores of two steps on validation and test cases in; cut-offs from the former, judged on the latter, out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pleura.diagnosis.stepwise import COVID, NOT_VIRAL, OTHER_VIRAL, RULE, CutOffChoice, Stepwise
from pleura.diagnosis.stepwise_scores import QUESTIONS, Question, StepwiseScores
from pleura.evaluation.accuracy import AccuracyReport, evaluate_predictions
from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.from_report import facts_of_test
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.choose import CutOff, Rule, choose_cut_off
from pleura.evaluation.cutoffs.zone import RESAMPLES, SHARE, grey_zone
from pleura.evaluation.figures.style import COLOURS, new_figure, rate_axes, save_figure, style
from pleura.evaluation.output.files import write_results
from pleura.evaluation.output.plain import report_table
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.roc import roc_curve
from pleura.whole_file import write_rows, write_text

__all__ = [
    "ZONE_RULE",
    "Judged",
    "choice_of",
    "judge_stepwise",
    "judgement_table",
    "stepwise_roc_figure",
    "write_judgement",
]

ANSWERS = (COVID, OTHER_VIRAL, NOT_VIRAL)
ZONE_RULE = f"grey zone: the middle {SHARE:.0%} of the cut-offs of {RESAMPLES} draws of these patients"
"""How the zone follows from the validation patients."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """One of the three curves."""

    question: Question
    cut_off: CutOff
    """Chosen on the validation cases."""
    zone: tuple[float, float]
    """Around it, where other validation patients would have chosen otherwise."""
    validation: Predictions
    test: Predictions
    report: AccuracyReport
    """Of the test cases, at the cut-off."""


def judge_stepwise(
    scores: StepwiseScores, *, rule: Rule | None = None, settings: IntervalSettings | None = None
) -> dict[str, Judged]:
    """Choose a cut-off for each step and for both on the validation cases, and judge it on the test cases.

    Parameters
    ----------
    scores : of cases in the splits validation and test
    rule : Youden's by default
    settings : of the intervals

    Returns
    -------
    "dl1", "dl2" and "stepwise", in this order.

    Raises
    ------
    CohortError
        If a split has no case on one side of a question.
    ValueError
        If all validation cases have the same score.
    """
    found = {}
    for question in QUESTIONS:
        validation, test = (scores.predictions(question, split) for split in ("validation", "test"))
        chosen = choose_cut_off(validation.truth == 1, validation.scores[:, 1], rule or Rule("youden"))
        zone = grey_zone(validation.truth == 1, validation.scores[:, 1], chosen.rule, patients=validation.patients)
        report = evaluate_predictions(test, threshold=chosen.threshold, settings=settings)
        found[question.name] = Judged(
            question=question, cut_off=chosen, zone=zone, validation=validation, test=test, report=report
        )
    return found


def choice_of(cut_off: CutOff, zone: tuple[float, float]) -> CutOffChoice:
    """Give a cut-off with its zone as `stepwise.toml` keeps it; what is no probability becomes the nearest one."""
    threshold, low, high = (min(max(one, 0.0), 1.0) for one in (cut_off.threshold, *zone))
    return CutOffChoice(
        threshold=threshold,
        sensitivity=cut_off.sensitivity,
        specificity=cut_off.specificity,
        positives=cut_off.positives,
        negatives=cut_off.negatives,
        zone=(low, high),
    )


def judgement_table(judged: Mapping[str, Judged], stepwise: Stepwise, scores: StepwiseScores) -> dict[str, Any]:
    """Give all numbers as plain values: each step and both, and the answers of the test cases by label."""
    return {
        "format": 1,
        "dl1": {"name": stepwise.dl1.card.name, "id": stepwise.dl1.id},
        "dl2": {"name": stepwise.dl2.card.name, "id": stepwise.dl2.id},
        "cut_offs_chosen_on": stepwise.chosen_on,
        "rule": RULE,
        "questions": {
            name: {
                "classes": list(one.question.classes),
                "cut_off": {
                    "rule": str(one.cut_off.rule),
                    "threshold": one.cut_off.threshold,
                    "grey_zone": list(one.zone),
                    "validation": {
                        "positives": one.cut_off.positives,
                        "negatives": one.cut_off.negatives,
                        "sensitivity": round(one.cut_off.sensitivity, 6),
                        "specificity": round(one.cut_off.specificity, 6),
                    },
                },
                "test": report_table(one.report),
            }
            for name, one in judged.items()
        },
        "answers": _answers(stepwise, scores),
    }


def _answers(stepwise: Stepwise, scores: StepwiseScores) -> dict[str, dict[str, int]]:
    """Count the answers of the test cases, by label."""
    counted: dict[str, dict[str, int]] = {}
    for case, viral, given in zip(scores.cases, scores.viral, scores.covid_given_viral, strict=True):
        if case.split == "test":
            row = counted.setdefault(case.label, dict.fromkeys(ANSWERS, 0))
            row[stepwise.answer(float(viral), float(given))] += 1
    return dict(sorted(counted.items()))


def stepwise_roc_figure(judged: Mapping[str, Judged]) -> Figure:
    """Draw the three curves on the test cases with their areas, and mark the cut-offs from validation.

    After figure 2 of the CoviDet paper, which has a panel for each.
    """
    with style():
        figure = new_figure(4.6, 4.9)
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8, linestyle=":")
        for one, colour, dashes in zip(judged.values(), COLOURS, ("-", "--", "-."), strict=False):
            curve = roc_curve(one.test.truth == 1, one.test.scores[:, 1])
            result = one.report.overall.classes[0]
            assert result.auc is not None  # both sides have cases, see `StepwiseScores.predictions`
            assert result.sensitivity is not None
            assert result.specificity is not None
            ends = "" if result.auc.low is None else f" ({result.auc.low:.2f} to {result.auc.high:.2f})"
            label = f"{one.question.title}: AUC {result.auc.value:.2f}{ends}"
            axes.plot(1 - curve.specificity, curve.sensitivity, color=colour, linestyle=dashes, label=label)
            axes.plot(
                1 - result.specificity.value,
                result.sensitivity.value,
                marker="s",
                markersize=6,
                markerfacecolor="white",
                color=colour,
                linestyle="none",
                zorder=4,
            )
        rate_axes(axes)
        axes.set_title("squares: at the cut-off chosen on validation cases", loc="left", fontweight="normal")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=1)
    return figure


def write_judgement(
    folder: Path,
    judged: Mapping[str, Judged],
    stepwise: Stepwise,
    scores: StepwiseScores,
    facts: Mapping[str, StudyFacts],
) -> None:
    """Write `stepwise.json`, the figure, and for each step and both the scores and a folder with all of its numbers.

    Parameters
    ----------
    folder : exists
    judged, stepwise, scores : of the same cases
    facts : by the names of `judged`; what the checklists are told beside the numbers

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_text(folder / "stepwise.json", json.dumps(judgement_table(judged, stepwise, scores), indent=2) + "\n")
    save_figure(stepwise_roc_figure(judged), folder, "roc")
    for name, one in judged.items():
        write_rows(folder / f"{name}.csv", [*_rows(one.validation), *_rows(one.test)])
        part = folder / name
        part.mkdir()
        test = replace(facts_of_test(one.test, one.report, partition="test"), rule=_rule(one))
        write_results(part, one.test, one.report, model=one.question.title, facts=replace(facts[name], test=test))


def _rows(predictions: Predictions) -> list[dict[str, str]]:
    """Give a row a case with the probability of both classes, as `pleura evaluate accuracy` reads it."""
    people, places, splits = (held or () for held in (predictions.patients, predictions.hospitals, predictions.splits))
    return [
        {
            "case": case,
            "patient": people[i],
            "hospital": places[i],
            "split": splits[i],
            "truth": predictions.classes[predictions.truth[i]],
            predictions.classes[0]: f"{1 - float(predictions.scores[i, 1]):.6f}",
            predictions.classes[1]: f"{float(predictions.scores[i, 1]):.6f}",
        }
        for i, case in enumerate(predictions.cases)
    ]


def _rule(one: Judged) -> str:
    chosen = one.cut_off
    return (
        f"A case is called {one.question.classes[1]} at a probability of {chosen.threshold:.4g} or more; this cut-off "
        f"was chosen ({chosen.rule}) on {chosen.positives + chosen.negatives} validation cases, none of which is "
        "judged here."
    )

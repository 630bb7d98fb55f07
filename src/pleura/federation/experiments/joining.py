"""Answers by round, of a federation that a hospital has joined, in; tables, a figure and a report out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Spread, Table, differences, spreads, tables
from pleura.federation.experiments.figures.lines import Line, Panel, lines_figure
from pleura.federation.experiments.held_out import EVERYWHERE, Row
from pleura.federation.experiments.opening import Experiment
from pleura.federation.experiments.report import Report, in_words, spread_rows, write_results

__all__ = ["ALONE", "THREE", "TOGETHER", "WAYS", "WITHOUT", "Joining", "write_joining"]

TOGETHER, ALONE, WITHOUT = "all four", "fourth alone", "first three"
WAYS = (TOGETHER, ALONE, WITHOUT)
"""To go on from the model of the first three."""
THREE = "the first three"
"""What tables call the cases of the hospitals that were there before."""
Found = Mapping[tuple[str, int], Table]
"""By way and round after joining."""


@dataclass(frozen=True)
class Joining:
    """Who joins whom."""

    name: str
    label: str
    """The class whose sensitivity is asked for."""
    others: tuple[str, ...]
    """Who was there before."""

    def first(self, answers: Predictions) -> Predictions:
        """Give the answers on the cases of those who were there before."""
        return answers.of(np.array([name in self.others for name in answers.hospitals or ()]))


def write_joining(
    experiment: Experiment,
    joined: Joining,
    rows: Sequence[Row],
    answers: Mapping[tuple[str, int], Sequence[Predictions]],
) -> None:
    """Write results.csv, summary.csv, the figure and the report.

    Parameters
    ----------
    experiment : whose folder is written to
    joined : who joined
    rows : of results.csv
    answers : by way and round, one a seed
    """
    fourth = {key: tables(seeds)[joined.name] for key, seeds in answers.items()}
    three = {key: tables([joined.first(one) for one in seeds])[EVERYWHERE] for key, seeds in answers.items()}
    summary = [
        row
        for place, found in ((joined.name, fourth), (THREE, three))
        for (way, number), table in found.items()
        for row in spread_rows(spreads(table), arm=way, round=number, judged_on=place)
    ]
    rounds = range(experiment.settings.joined + 1)

    def panel(title: str, measure: str, found: Found) -> Panel:
        lines = [Line(way, rounds, [spreads(found[way, number])[measure] for number in rounds]) for way in WAYS]
        return Panel(title, "rounds after joining", measure.replace("_", " "), lines)

    figure = lines_figure(
        [
            panel(f"{joined.name}, the fourth", f"sensitivity {joined.label}", fourth),
            panel(THREE, f"specificity {joined.label}", three),
            panel(THREE, "balanced_accuracy", three),
        ],
        title=f"A fourth hospital joins; {experiment.kind} test cases; bars: 95 % over seeds, bands: over patients",
    )
    save_figure(figure, experiment.out, "figure")
    write_results(
        experiment,
        _report(experiment, joined, fourth, three),
        rows,
        answers=answers[TOGETHER, experiment.settings.joined][0],
        arm=TOGETHER,
        trained=(
            f"federated in {experiment.settings.rounds} rounds of one local epoch without {joined.name}, and in "
            f"{experiment.settings.joined} more with it"
        ),
        tables={"summary": summary},
    )


def _report(experiment: Experiment, joined: Joining, fourth: Found, three: Found) -> Report:
    settings, last = experiment.settings, experiment.settings.joined
    sensitivity, specificity = f"sensitivity {joined.label}", f"specificity {joined.label}"
    there = {key: spreads(table) for key, table in fourth.items()}
    here = {key: spreads(table) for key, table in three.items()}
    found = [
        "Numbers are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled); changes have "
        "the interval of both together."
    ]
    found += [
        f"{way}, {last} rounds on: {sensitivity} at {joined.name} {_change(fourth, way, sensitivity, last)}; at the "
        f"first three specificity {_change(three, way, specificity, last)}, balanced accuracy "
        f"{_change(three, way, 'balanced_accuracy', last)}."
        for way in WAYS
    ]
    found.append(
        f"All four: {sensitivity} at {joined.name} stays within {settings.margin:g} of its last value from round "
        f"{_settled(there, sensitivity, settings.margin, last)} on."
    )
    price = (
        f" As in the paper all of the fourth's cases are {settings.newcomer}, so that its sensitivity alone could be "
        "had for nothing: the first three's specificity says at what price."
    )
    return Report(
        title="A new hospital (experiment II)",
        asked=(
            f"a fourth hospital with another scanner joins the model of three: what does its {sensitivity} on unseen "
            "cases gain, round by round, and what do the first three lose?"
        ),
        done=(
            f"{settings.rounds} rounds of the first three; then {last} more with all four, beside the fourth alone on "
            f"its own cases and the first three without it, from the same weights ({settings.protection}, equal "
            "weights, one local epoch a round). On patients, the paper went from 72 % to 98 %."
            + (price if experiment.cohort.synthetic and settings.newcomer != "all" else "")
        ),
        header=[
            "round",
            *(f"{way}: {joined.name}, {sensitivity}" for way in WAYS),
            *(f"{way}: first three, balanced accuracy" for way in WAYS),
        ],
        table=[
            [
                str(number),
                *(in_words(there[way, number][sensitivity]) for way in WAYS),
                *(in_words(here[way, number]["balanced_accuracy"]) for way in WAYS),
            ]
            for number in range(last + 1)
        ],
        found=found,
        not_shown=(
            "how real scanners differ: the generator's do in kernel, noise, field and slice thickness, by made-up "
            "habits. Seeds repeat the training on the same patients."
        ),
        figure="figure",
    )


def _change(found: Found, way: str, measure: str, last: int) -> str:
    spread = differences(found[way, last], found[way, 0])[measure]
    about = "" if spread.both is None else f" ({spread.both[0]:+.3f} to {spread.both[1]:+.3f})"
    return f"{spread.mean:+.3f}{about}"


def _settled(found: Mapping[tuple[str, int], Mapping[str, Spread]], measure: str, margin: float, last: int) -> int:
    """Find the first round from which on the mean stays within the margin of its last value."""
    end = found[TOGETHER, last][measure].mean
    away = [number for number in range(last + 1) if abs(found[TOGETHER, number][measure].mean - end) > margin]
    return max(away) + 1 if away else 0

"""Lesions found at six hospitals, pooled and federated (CoviDet's DL4), in; one folder of results out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pleura.errors import RecipeError
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.repeated.runs import Table, differences, spreads
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.figures.agreement import agreement_figure
from pleura.federation.experiments.held_out import EVERYWHERE, Row
from pleura.federation.experiments.lesion_cases import LesionCases, lesion_table
from pleura.federation.experiments.lesion_ways import LesionWays
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.report import Report, in_words, spread_rows, summary_rows, verdict, write_report
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.six_hospitals import six_hospitals
from pleura.federation.experiments.small_batches import with_small_batches
from pleura.federation.experiments.trio import FEDERATED, POOLED
from pleura.federation.learning.settings import WeightSettings
from pleura.training.segmentation.recipe import SegmenterRecipe

__all__ = ["lesions_federated"]

_MEASURES = {"dice": "Dice, mean of the cases", "dice of all pixels": "Dice of all pixels", "ratio rmse": "ratio RMSE"}


def lesions_federated(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: SegmenterRecipe,
    conditions: Conditions = Conditions(),
) -> tuple[Row, ...]:
    """Train a segmenter of lesions pooled and federated, with several seeds; write what comes of it.

    Hospitals, folder of results and arguments are as in `covidet_federated`; results.csv has a row an arm, seed and
    group of cases, without intervals. A hospital's epoch has `draw.examples` slices, and the pooled arm's as many times
    more as there are hospitals; its batch is `training.batch` divided among the hospitals, so that both arms take as
    many steps one after the other.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError, TermsError
        As `open_experiment` and `simulate`; or if the recipe is for another task, or no test case has lesions.
    """
    if recipe.task != "lesions":
        raise RecipeError(f'recipe {recipe.name} is for task "{recipe.task}"; this experiment is on "lesions"')
    experiment = open_experiment(
        "lesions-federated",
        settings,
        out,
        recipe=recipe,
        hospitals=six_hospitals(settings.cases),
        conditions=conditions,
    )
    done: dict[str, list[LesionCases]] = {POOLED: [], FEDERATED: []}
    rows: list[Row] = []
    for seed in experiment.each_seed():
        seeded = replace(recipe, training=replace(recipe.training, seed=seed))
        federation = replace(experiment.federation(), weights=WeightSettings(by="cases"))
        ways = LesionWays(experiment, seeded, federation, experiment.folder(seed))
        for way, answers in done.items():
            answers.append(ways.go(way).predictions)
            for place, table in _by_place(answers[-1:]).items():
                numbers = {name: round(spread.mean, 6) for name, spread in spreads(table).items()}
                rows.append({"seed": seed, "arm": way, "judged_on": place, "cases": table.cases, **numbers})
    _write(experiment, rows, done)
    return tuple(rows)


def _by_place(runs: Sequence[LesionCases]) -> dict[str, Table]:
    """Measure all hospitals' cases, and those of each hospital that has lesions among its own."""
    found = {EVERYWHERE: lesion_table(runs)}
    for name in sorted(set(runs[0].hospitals)):
        chosen = np.array([one == name for one in runs[0].hospitals])
        if runs[0].there[chosen].any():
            found[name] = lesion_table([one.of(chosen) for one in runs])
    return found


def _write(experiment: Experiment, rows: Sequence[Row], done: Mapping[str, Sequence[LesionCases]]) -> None:
    measured = {way: _by_place(runs) for way, runs in done.items()}
    compared = [
        row
        for place, table in measured[POOLED].items()
        for row in spread_rows(
            differences(measured[FEDERATED][place], table), difference="federated less pooled", judged_on=place
        )
    ]
    seeds = experiment.settings.seeds
    title = (
        f"{len(experiment.cohort.split('test'))} {experiment.kind} test cases of {len(experiment.hospitals)} "
        f"hospitals; {seeds} training seed{'s' if seeds > 1 else ''}"
    )
    save_figure(agreement_figure(done, title=title), experiment.out, "figure")
    tables = {"summary": summary_rows(measured), "differences": compared}
    write_report(experiment, _report(experiment, measured), rows, tables=tables)


def _report(experiment: Experiment, measured: Mapping[str, Mapping[str, Table]]) -> Report:
    settings, recipe = experiment.settings, experiment.recipe
    assert isinstance(recipe, SegmenterRecipe)
    whole = {way: places[EVERYWHERE] for way, places in measured.items()}
    gap = differences(whole[FEDERATED], whole[POOLED])
    small = with_small_batches(recipe, len(experiment.hospitals)).training.batch
    found = [
        "Numbers are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled).",
        f"Federated less pooled, {_MEASURES['dice']}: {gap['dice'].mean:+.3f}; "
        f"{verdict(gap['dice'], settings.margin)}.",
    ]
    for place in (name for name in measured[POOLED] if name != EVERYWHERE):
        pooled, federated = (spreads(measured[way][place])["dice"].mean for way in (POOLED, FEDERATED))
        found.append(f"At {place}: Dice {pooled:.3f} pooled, {federated:.3f} federated.")
    return Report(
        title="Lesions in a federation (DL4): pooled against federated",
        asked=(
            "does a segmenter of ground glass and consolidation become as good in a federation of hospitals that "
            "differ in size, scanner and patients as with all cases in one place?"
        ),
        done=(
            f"{recipe.architecture} with group norm from fresh weights, pooled and federated ({settings.protection}; "
            f"weights by training cases, which the sum hides; {settings.rounds} rounds of one local epoch of "
            f"{recipe.draw.examples} slices at each hospital, in batches of {small}; as many slices in all in batches "
            f"of {recipe.training.batch} where pooled); judged on the test cases of all hospitals, nothing outside "
            "the lungs. Dice is the mean over cases that have lesions; the ratio is the diseased share of the lungs, "
            "over all cases."
        ),
        header=["arm", *_MEASURES.values()],
        table=[[way, *(in_words(spreads(table)[name]) for name in _MEASURES)] for way, table in whole.items()],
        found=found,
        not_shown=(
            "what other training patients, longer training, full resolution or real patients would give. Seeds repeat "
            "the training on the same patients."
        ),
        figure="figure",
    )

"""CoviDet in a federation: six hospitals, DL1 and DL2 pooled and federated, in; one folder of results out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.data.task import COVID
from pleura.diagnosis.stepwise_scores import QUESTIONS, Question
from pleura.errors import RecipeError
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Spread, Table, differences, spreads, tables
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.figures.by_class import RocPanel, roc_panels
from pleura.federation.experiments.held_out import EVERYWHERE, Row, judged_rows
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.report import Report, in_words, spread_rows, summary_rows, verdict, write_results
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.six_hospitals import six_hospitals
from pleura.federation.experiments.small_batches import with_small_batches
from pleura.federation.experiments.stepwise_ways import StepwiseWays, at_cut_off
from pleura.federation.experiments.trio import FEDERATED, POOLED
from pleura.federation.learning.settings import WeightSettings
from pleura.settings import TrainingRecipe

__all__ = ["covidet_federated"]

_MEASURES = {"auc": "AUC", "sensitivity": "sensitivity", "specificity": "specificity", "accuracy": "accuracy"}
"""What is shown of each question, and in which words."""
Answers = dict[str, dict[str, list[Predictions]]]
"""Question -> way -> answers on the test cases, one a seed; each arm's cut-off lies at 0.5."""


def covidet_federated(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: TrainingRecipe,
    conditions: Conditions = Conditions(),
) -> tuple[Row, ...]:
    """Train both steps of the stepwise diagnosis pooled and federated, with several seeds; write what comes of it.

    `out` gets `settings.toml`, `recipe.toml`, `cohort/`, `seeds/N/dl1` and `seeds/N/dl2` with the arms and models,
    `results.csv` (a row an arm, seed, question and group of cases), `summary.csv` (means over seeds with both
    intervals), `differences.csv` (federated less each other arm, paired by seed and patient), `figure.png` and `.svg`,
    and `report.md`. Cut-offs are Youden's, of each arm and seed its own, chosen on validation cases only.

    Parameters
    ----------
    settings : what decides it beside the recipe
    recipe : of DL1; DL2 is trained by the same, but for what it tells apart and the weights it begins with
    out, conditions : as in `pooled_vs_federated`; a cohort has three hospitals or more for each step

    Returns
    -------
    The rows of results.csv.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError, TermsError
        As `open_experiment` and `simulate`; or if the recipe is for another task than DL1's.
    """
    if recipe.task != "viral":
        raise RecipeError(f'recipe {recipe.name} is for task "{recipe.task}"; the experiment begins with DL1, "viral"')
    experiment = open_experiment(
        "covidet-federated",
        settings,
        out,
        recipe=recipe,
        hospitals=six_hospitals(settings.cases),
        conditions=conditions,
    )
    rows: list[Row] = []
    answers: Answers = {question.name: {} for question in QUESTIONS}
    for seed in experiment.each_seed():
        ways = _ways(experiment, seed)
        for way in ways.names(alone=settings.alone):
            done = ways.go(way)
            for question in QUESTIONS:
                test, cut_off = at_cut_off(done.scores, question)
                answers[question.name].setdefault(way, []).append(test)
                about: Row = {"seed": seed, "question": question.name, "cut_off": round(cut_off.threshold, 6)}
                rows += [{**about, **row} for row in judged_rows(way, test)]
    _write(experiment, rows, answers)
    return tuple(rows)


def _ways(experiment: Experiment, seed: int) -> StepwiseWays:
    first = experiment.workshop(seed)
    second = replace(first.recipe, name=f"{first.recipe.name}-dl2", task=COVID.name)
    return StepwiseWays(
        shops=(
            replace(first, out=first.out / "dl1"),
            replace(first, out=first.out / "dl2", recipe=second, cohort=COVID.select(first.cohort)),
        ),
        settings=replace(experiment.federation(), weights=WeightSettings(by="cases")),
    )


def _write(experiment: Experiment, rows: Sequence[Row], answers: Answers) -> None:
    measured = {question: {way: tables(seeds) for way, seeds in ways.items()} for question, ways in answers.items()}
    summary, compared = [], []
    for question, ways in measured.items():
        summary += [{"question": question, **row} for row in summary_rows(ways)]
        compared += [
            {"question": question, **row}
            for way, places in ways.items()
            if way != FEDERATED
            for place, table in places.items()
            for row in spread_rows(
                differences(ways[FEDERATED][place], table), difference=f"federated less {way}", judged_on=place
            )
        ]
    panels = [RocPanel(_panel_title(question, answers), answers[question.name], 1) for question in QUESTIONS]
    save_figure(roc_panels(panels, title=_title(experiment), across=len(panels)), experiment.out, "figure")
    overall = {
        question: {way: places[EVERYWHERE] for way, places in ways.items()} for question, ways in measured.items()
    }
    write_results(
        experiment,
        _report(experiment, overall),
        rows,
        answers=answers["stepwise"][FEDERATED][0],
        arm=f"{FEDERATED}, DL1 and DL2 multiplied",
        trained=f"federated in {experiment.settings.rounds} rounds of one local epoch a step",
        tables={"summary": summary, "differences": compared},
    )


def _panel_title(question: Question, answers: Answers) -> str:
    first = answers[question.name][FEDERATED][0]
    return f"{question.title}: {int(first.truth.sum())} of {len(first.truth)}"


def _title(experiment: Experiment) -> str:
    seeds = experiment.settings.seeds
    return (
        f"{experiment.kind} test cases of all {len(experiment.hospitals)} hospitals; "
        f"{seeds} training seed{'s' if seeds > 1 else ''}"
    )


def _report(experiment: Experiment, overall: Mapping[str, Mapping[str, Table]]) -> Report:
    settings, recipe = experiment.settings, experiment.recipe
    assert isinstance(recipe, TrainingRecipe)
    titles = {question.name: question.title for question in QUESTIONS}
    table = [
        [titles[question], way, *(in_words(_of(spreads(found), measure)) for measure in _MEASURES)]
        for question, ways in overall.items()
        for way, found in ways.items()
    ]
    found = ["Numbers are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled)."]
    for question, ways in overall.items():
        gap = differences(ways[FEDERATED], ways[POOLED])
        found.append(
            f"Federated less pooled, {titles[question]}, AUC: {_of(gap, 'auc').mean:+.3f}; "
            f"{verdict(_of(gap, 'auc'), settings.margin)}."
        )
        at_cut_offs = [f"{words} {_signed(_of(gap, name))}" for name, words in _MEASURES.items() if name != "auc"]
        found.append(f"The same at the cut-offs: {', '.join(at_cut_offs)}.")
    batch, small = (one.training.batch for one in (recipe, with_small_batches(recipe, len(experiment.hospitals))))
    taking_part = {case.hospital for case in COVID.select(experiment.cohort).split("train")}
    idle = [name for name in experiment.hospitals if name not in taking_part]
    return Report(
        title="CoviDet in a federation: pooled against federated",
        asked=(
            "do the steps of the stepwise diagnosis, and their product, become as good in a federation of hospitals "
            "that differ in size, scanner and patients as with all cases in one place?"
        ),
        done=(
            f"DL1 from fresh weights, then DL2 from DL1's, each pooled and federated ({settings.protection}; weights "
            f"by training cases, which the sum hides; {settings.rounds} rounds of one local epoch in batches of "
            f"{small}; as many epochs in batches of {batch} where pooled); judged on the test cases of all hospitals. "
            "Cut-offs are Youden's, of each arm and seed its own, chosen on validation cases only. "
            + (f"No viral pneumonia at {', '.join(idle)}, which sits out DL2's rounds." if idle else "")
        ).strip(),
        header=["question", "arm", *_MEASURES.values()],
        table=table,
        found=found,
        not_shown=(
            "what other training patients, longer training, full resolution or real patients would give; how the "
            "paper's federation compares, whose hospitals it does not describe. Seeds repeat the training on the same "
            "patients. Intervals are of one measure at a time, with no correction for many."
        ),
        figure="figure",
    )


def _of(found: Mapping[str, Spread], measure: str) -> Spread:
    """Find a measure of the condition; accuracy is of both sides."""
    return next(spread for name, spread in found.items() if name.partition(" ")[0] == measure)


def _signed(spread: Spread) -> str:
    ends = spread.both
    return f"{spread.mean:+.3f}" + ("" if ends is None else f" ({ends[0]:+.3f} to {ends[1]:+.3f})")

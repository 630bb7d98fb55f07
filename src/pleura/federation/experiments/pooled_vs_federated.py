"""Experiment I of the UCADI paper: three hospitals alone, pooled and federated in; one folder of results out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Table, differences, spreads, tables
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.figures.by_class import roc_by_class
from pleura.federation.experiments.held_out import EVERYWHERE, Row
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.report import Report, in_words, spread_rows, summary_rows, verdict, write_results
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.site_table import three_hospitals
from pleura.federation.experiments.trio import FEDERATED, POOLED, three_ways
from pleura.settings import TrainingRecipe

__all__ = ["pooled_vs_federated"]

_WORDS = {"balanced_accuracy": "balanced accuracy", "auc": "mean AUC"}


def pooled_vs_federated(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: TrainingRecipe,
    conditions: Conditions = Conditions(),
) -> tuple[Row, ...]:
    """Train each of three hospitals alone, all pooled, and federated, with several seeds; write what comes of it.

    `out` gets `settings.toml`, `recipe.toml`, `cohort/`, `seeds/N/` with the arms, `results.csv` (a row an arm, seed
    and group of cases), `summary.csv` (means over seeds with both intervals), `differences.csv` (federated less each
    other arm, paired by seed and patient), `figure.png` and `.svg` after figure 4 e to h of the paper, and `report.md`.

    Parameters
    ----------
    settings, recipe : what decides it; the recipe's seed is not used
    out : a new or empty folder, or one in which the same experiment was begun and is to go on
    conditions : where and with what; a cohort has three hospitals or more

    Returns
    -------
    The rows of results.csv.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError, TermsError
        As `open_experiment` and `three_ways`.
    """
    experiment = open_experiment(
        "pooled-vs-federated",
        settings,
        out,
        recipe=recipe,
        hospitals=three_hospitals(settings.cases),
        conditions=conditions,
    )
    rows: list[Row] = []
    answers: dict[str, list[Predictions]] = {}
    for seed in experiment.each_seed():
        done = three_ways(
            recipe,
            experiment.cohort,
            experiment.folder(seed),
            experiment.federation(),
            cache_folder=experiment.cache,
            workers=experiment.workers,
            device=experiment.device,
            seed=seed,
            precision=recipe.training.precision,
            watcher=experiment.watcher,
        )
        for name, arm in done.arms.items():
            answers.setdefault(name, []).append(arm.predictions)
        rows += [{"seed": seed, **row} for row in done.rows]
    _write(experiment, rows, answers)
    return tuple(rows)


def _write(experiment: Experiment, rows: Sequence[Row], answers: Mapping[str, Sequence[Predictions]]) -> None:
    measured = {name: tables(one) for name, one in answers.items()}
    compared = [
        row
        for name, places in measured.items()
        if name != FEDERATED
        for place, table in places.items()
        for row in spread_rows(
            differences(measured[FEDERATED][place], table), difference=f"federated less {name}", judged_on=place
        )
    ]
    overall = {name: places[EVERYWHERE] for name, places in measured.items()}
    save_figure(roc_by_class(answers, title=_title(experiment)), experiment.out, "figure")
    write_results(
        experiment,
        _report(experiment, overall),
        rows,
        answers=answers[FEDERATED][0],
        arm=FEDERATED,
        trained=f"federated in {experiment.settings.rounds} rounds of one local epoch",
        tables={"summary": summary_rows(measured), "differences": compared},
    )


def _title(experiment: Experiment) -> str:
    cases, seeds = len(experiment.cohort.split("test")), experiment.settings.seeds
    return f"{cases} {experiment.kind} test cases of all hospitals; {seeds} training seed{'s' if seeds > 1 else ''}"


def _report(experiment: Experiment, overall: Mapping[str, Table]) -> Report:
    settings = experiment.settings
    summed = {name: spreads(table) for name, table in overall.items()}
    classes = [name.removeprefix("sensitivity ") for name in summed[FEDERATED] if name.startswith("sensitivity ")]
    columns = ["accuracy", "balanced_accuracy", "auc", *(f"sensitivity {name}" for name in classes)]
    against_pooled = differences(overall[FEDERATED], overall[POOLED])
    found = [
        "Numbers are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled).",
        *(
            f"Federated less pooled, {measure.replace('_', ' ')}: {against_pooled[measure].mean:+.3f}; "
            f"{verdict(against_pooled[measure], settings.margin)}."
            for measure in ("accuracy", "balanced_accuracy")
        ),
    ]
    for name, table in overall.items():
        if name not in (FEDERATED, POOLED):
            gained = differences(overall[FEDERATED], table)["balanced_accuracy"]
            ends = gained.both
            about = "" if ends is None else f" ({ends[0]:+.3f} to {ends[1]:+.3f})"
            found.append(f"Federated less {name}, balanced accuracy: {gained.mean:+.3f}{about}.")
    return Report(
        title="Pooled against federated (experiment I)",
        asked=(
            "does a federation of three hospitals come near the model that their pooled cases give, and beyond what "
            "each has alone?"
        ),
        done=(
            f"each hospital alone, all pooled, and federated ({settings.protection}, equal weights, one local epoch a "
            f"round), all from the same first weights with {settings.rounds} epochs; judged on the test cases of all "
            "hospitals, the same for all arms and seeds. Two hospitals have no other viral pneumonia, as in the paper."
        ),
        header=["arm", *(_WORDS.get(column, column) for column in columns)],
        table=[
            [name, *(in_words(found[column]) if column in found else "-" for column in columns)]
            for name, found in summed.items()
        ],
        found=found,
        not_shown=(
            "what other training patients, longer training, full resolution or real patients would give. Seeds repeat "
            "the training on the same patients. Intervals are of one measure at a time, with no correction for many."
        ),
        figure="figure",
    )

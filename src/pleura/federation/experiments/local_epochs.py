"""A sweep over local epochs at equal compute in; accuracy against bytes on the wire out."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pleura.errors import RecipeError
from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Table, differences, spreads, tables
from pleura.federation.experiments.arms import Arm, Facts
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.figures.lines import Line, Panel, lines_figure
from pleura.federation.experiments.held_out import EVERYWHERE, Row, judged_rows
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.report import Report, in_words, summary_rows, verdict, write_results
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.site_table import three_hospitals
from pleura.federation.experiments.workshop import Workshop, wire
from pleura.settings import TrainingRecipe

__all__ = ["local_epochs"]

_WORDS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "auc": "mean AUC"}


def local_epochs(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: TrainingRecipe,
    conditions: Conditions = Conditions(),
) -> tuple[Row, ...]:
    """Train the same federation with 1, 2, 5 and 10 local epochs a round, and so many times fewer rounds.

    `settings.rounds` is the number of epochs in all, the same for every arm, and so are the learning rates over them.
    `out` gets what `pooled_vs_federated` writes; results.csv has bytes and seconds, too.

    Parameters
    ----------
    settings, recipe : what decides it; the recipe's seed is not used
    out, conditions : as in `pooled_vs_federated`

    Returns
    -------
    The rows of results.csv.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError, TermsError
        As `open_experiment` and `simulate`; or if a number of local epochs does not divide that of all epochs.
    """
    odd = [str(number) for number in settings.local_epochs if settings.rounds % number]
    if odd:
        raise RecipeError(f"{settings.rounds} epochs cannot be had in rounds of {', '.join(odd)}; choose a multiple")
    experiment = open_experiment(
        "local-epochs",
        settings,
        out,
        recipe=recipe,
        hospitals=three_hospitals(settings.cases),
        conditions=conditions,
    )
    rows: list[Row] = []
    done: dict[int, list[Arm[Predictions]]] = {}
    for seed in experiment.each_seed():
        for number, arm in _one_seed(experiment, experiment.workshop(seed)).items():
            done.setdefault(number, []).append(arm)
            about = {"rounds": settings.rounds // number, **arm.facts}
            rows += [
                {"seed": seed, "local_epochs": number, **row, **about} for row in judged_rows(arm.name, arm.predictions)
            ]
    _write(experiment, rows, done)
    return tuple(rows)


def _one_seed(experiment: Experiment, shop: Workshop) -> dict[int, Arm[Predictions]]:
    settings = experiment.settings
    federations = {
        number: experiment.federation(rounds=settings.rounds // number, local_epochs=number)
        for number in settings.local_epochs
    }
    arms = shop.arms(*federations.values())

    def federated(number: int) -> tuple[Predictions, Facts]:
        simulated = shop.federate(f"{number}-local-epochs", federations[number])
        return shop.judge(simulated.models[0]), wire(simulated)

    return {number: arms.get(f"{number} local epochs", partial(federated, number)) for number in federations}


def _write(experiment: Experiment, rows: Sequence[Row], done: Mapping[int, Sequence[Arm[Predictions]]]) -> None:
    measured = {number: tables([arm.predictions for arm in seeds]) for number, seeds in done.items()}
    overall = {number: places[EVERYWHERE] for number, places in measured.items()}
    megabytes = {number: _megabytes(seeds[0]) for number, seeds in done.items()}

    def panel(measure: str) -> Panel:
        notes = [f"E = {number}" for number in overall]
        line = Line(
            "federated", list(megabytes.values()), [spreads(table)[measure] for table in overall.values()], notes
        )
        return Panel(_WORDS[measure], "MB on the wire, a hospital", "share", [line], logarithmic=True)

    figure = lines_figure(
        [panel(measure) for measure in _WORDS],
        title=(
            f"{experiment.settings.rounds} epochs in all, E of them between two rounds; {experiment.kind} test cases; "
            "bars: 95 % over seeds, band: over patients"
        ),
    )
    save_figure(figure, experiment.out, "figure")
    write_results(
        experiment,
        _report(experiment, overall, megabytes),
        rows,
        answers=done[min(done)][0].predictions,
        arm=done[min(done)][0].name,
        trained=f"federated in {experiment.settings.rounds // min(done)} rounds of {min(done)} local epochs",
        tables={"summary": summary_rows(measured, "local_epochs")},
    )


def _megabytes(arm: Arm[Predictions]) -> float:
    """Add up what one hospital sends and is sent in all rounds."""
    return (int(arm.facts["bytes_up"]) + int(arm.facts["bytes_down"])) / 1e6


def _report(experiment: Experiment, overall: Mapping[int, Table], megabytes: Mapping[int, float]) -> Report:
    settings = experiment.settings
    summed = {number: spreads(table) for number, table in overall.items()}
    least = min(overall)
    found = ["Numbers are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled)."]
    for number, table in overall.items():
        if number != least:
            spread = differences(table, overall[least])["balanced_accuracy"]
            found.append(
                f"{number} local epochs less {least}, balanced accuracy: {spread.mean:+.3f}; "
                f"{verdict(spread, settings.margin)}."
            )
    return Report(
        title="Local epochs against communication",
        asked="what does it cost in accuracy to send fewer, longer rounds, with the same training in all?",
        done=(
            f"three hospitals, {settings.rounds} epochs in all, in rounds of {', '.join(map(str, overall))} local "
            f"epochs ({settings.protection}, equal weights); the learning rate falls over all epochs alike. Bytes are "
            "what one hospital sends and is sent."
        ),
        header=["local epochs", "rounds", "MB a hospital", *_WORDS.values()],
        table=[
            [
                str(number),
                str(settings.rounds // number),
                f"{megabytes[number]:.1f}",
                *(in_words(found_[measure]) for measure in _WORDS),
            ]
            for number, found_ in summed.items()
        ],
        found=found,
        not_shown=(
            "hospitals that differ more than these three, more hospitals, or longer training, all of which make long "
            "rounds drift further apart. Seeds repeat the training on the same patients."
        ),
        figure="figure",
    )

"""The same federation under each protection in; bytes, seconds, and what it does to weights and accuracy out."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from pleura.evaluation.figures.style import save_figure
from pleura.evaluation.predictions import Predictions
from pleura.evaluation.repeated.runs import Table, differences, spreads, tables
from pleura.federation.experiments.arms import Arm, Facts
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.figures.costs import costs_figure
from pleura.federation.experiments.held_out import EVERYWHERE, Row, judged_rows
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.report import Report, in_words, summary_rows, write_results
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.site_table import three_hospitals
from pleura.federation.experiments.unprotected import train_unrounded
from pleura.federation.experiments.workshop import Workshop, wire
from pleura.federation.learning.settings import ProtectionSettings
from pleura.federation.learning.state import GlobalState, load_state, save_state
from pleura.settings import TrainingRecipe

__all__ = ["PROTECTIONS", "UNROUNDED", "protection"]

UNROUNDED = "unrounded"
"""No protection and no whole-number levels: what rounding is held against."""
PROTECTIONS = {
    "plain": ProtectionSettings(backend="plain"),
    "masks": ProtectionSettings(backend="masks"),
    "ring, 4 values": ProtectionSettings(backend="ring", values_per_coefficient=4),
    "ring, 3 values": ProtectionSettings(backend="ring", values_per_coefficient=3),
    "seal": ProtectionSettings(backend="seal"),
}
PARTS = ("protect", "add", "open")


def protection(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: TrainingRecipe,
    conditions: Conditions = Conditions(),
) -> tuple[Row, ...]:
    """Train the same federation without protection and under each, and compare bytes, seconds, weights and answers.

    `out` gets what `pooled_vs_federated` writes. results.csv has, of each arm and seed, bytes of a hospital and seconds
    of all together by part of the work over all rounds, and the largest difference of a weight from the arms "plain"
    and "unrounded", after the first round, which is all rounding's own, and after the last, where training has
    magnified it.

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
        As `open_experiment` and `simulate`.
    """
    experiment = open_experiment(
        "protection",
        settings,
        out,
        recipe=recipe,
        hospitals=three_hospitals(settings.cases),
        conditions=conditions,
    )
    rows: list[Row] = []
    done: dict[str, list[Arm[Predictions]]] = {}
    for seed in experiment.each_seed():
        for name, arm in _one_seed(experiment, experiment.workshop(seed)).items():
            done.setdefault(name, []).append(arm)
            rows += [{"seed": seed, **row, **arm.facts} for row in judged_rows(name, arm.predictions)]
    _write(experiment, rows, done)
    return tuple(rows)


def _one_seed(experiment: Experiment, shop: Workshop) -> dict[str, Arm[Predictions]]:
    federations = {name: experiment.federation(protection=one) for name, one in PROTECTIONS.items()}
    arms = shop.arms(*federations.values())

    def keep(name: str, state: GlobalState) -> None:
        if state.round in (1, experiment.settings.rounds):
            save_state(state, _kept(shop, name, state.round))

    def unrounded() -> tuple[Predictions, Facts]:
        _kept(shop, UNROUNDED, 0).parent.mkdir(parents=True, exist_ok=True)
        return shop.judge(train_unrounded(shop, federations["plain"], on_state=partial(keep, UNROUNDED))), {}

    def protected(name: str) -> tuple[Predictions, Facts]:
        _kept(shop, name, 0).parent.mkdir(parents=True, exist_ok=True)
        simulated = shop.federate(_plain(name), federations[name], on_state=partial(keep, name))
        facts = wire(simulated)
        for part in PARTS:  # the first round may compile
            seconds = [float(row[f"seconds_{part}"]) for row in simulated.rows[:-1]]
            facts[f"median_seconds_{part}"] = round(float(np.median(seconds)), 4)
        for other in (UNROUNDED, "plain"):
            for number in dict.fromkeys((1, experiment.settings.rounds)):
                here, there = (load_state(_kept(shop, one, number)) for one in (name, other))
                facts[f"largest_difference {other} round {number}"] = _largest_difference(here, there)
        return shop.judge(simulated.models[0]), facts

    found = {UNROUNDED: arms.get(UNROUNDED, unrounded)}
    return found | {name: arms.get(_plain(name), partial(protected, name)) for name in federations}


def _kept(shop: Workshop, name: str, number: int) -> Path:
    """Name the file of an arm's global model after a round."""
    return shop.out / "states" / f"{_plain(name)}-{number}.safetensors"


def _plain(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")


def _largest_difference(one: GlobalState, other: GlobalState) -> float:
    return max(float(np.abs(array - other.tensors[name]).max()) for name, array in one.tensors.items())


def _write(experiment: Experiment, rows: Sequence[Row], done: Mapping[str, Sequence[Arm[Predictions]]]) -> None:
    measured = {name: tables([arm.predictions for arm in seeds]) for name, seeds in done.items()}
    overall = {name: places[EVERYWHERE] for name, places in measured.items()}
    costs = {name: _costs(experiment, seeds) for name, seeds in done.items() if name != UNROUNDED}
    save_figure(costs_figure(costs, hospitals=len(experiment.hospitals)), experiment.out, "figure")
    write_results(
        experiment,
        _report(experiment, overall, costs),
        rows,
        answers=done["plain"][0].predictions,
        arm="plain",
        trained=f"federated in {experiment.settings.rounds} rounds of one local epoch, updates not encrypted",
        tables={"summary": summary_rows(measured)},
    )


def _costs(experiment: Experiment, arms: Sequence[Arm[Predictions]]) -> dict[str, float]:
    """Average an arm's costs over seeds, by round, and take the largest differences of them."""
    rounds = experiment.settings.rounds
    found = {"MB": float(np.mean([int(a.facts["bytes_up"]) + int(a.facts["bytes_down"]) for a in arms])) / rounds / 1e6}
    for part in PARTS:
        found[part] = float(np.mean([float(arm.facts[f"median_seconds_{part}"]) for arm in arms]))
    for other in (UNROUNDED, "plain"):
        for when, number in (("first", 1), ("last", rounds)):
            name = f"largest_difference {other} round {number}"
            found[f"{other} {when}"] = max(float(arm.facts[name]) for arm in arms)
    return found


def _report(experiment: Experiment, overall: Mapping[str, Table], costs: Mapping[str, Mapping[str, float]]) -> Report:
    settings = experiment.settings
    table = [[UNROUNDED, "-", "-", "-", "-", "-", "-", in_words(spreads(overall[UNROUNDED])["accuracy"]), "-"]]
    for name, cost in costs.items():
        less = differences(overall[name], overall["plain"])["accuracy"].mean
        table.append(
            [
                name,
                f"{cost['MB']:.2f}",
                *(f"{cost[part]:.3f}" for part in PARTS),
                f"{cost['unrounded first']:.1e}",
                f"{cost['plain last']:.1e}",
                in_words(spreads(overall[name])["accuracy"]),
                f"{less:+.4f}",
            ]
        )
    alike = [name for name, cost in costs.items() if name != "plain" and cost["plain last"] == 0]
    furthest = max(cost["unrounded last"] for cost in costs.values())
    return Report(
        title="What protection costs",
        asked="what does each way to protect the sum cost in bytes, seconds and accuracy?",
        done=(
            f"the same federation of three hospitals, {settings.rounds} rounds of one local epoch, under each "
            "protection, and once with nothing rounded. Each hospital's update is rounded to levels before it is "
            "protected; beyond that no protection should change a number."
        ),
        header=[
            "protection",
            "MB a round and hospital",
            "s protect",
            "s add",
            "s open",
            "largest weight difference to unrounded, round 1",
            f"to plain, round {settings.rounds}",
            "accuracy",
            "less plain",
        ],
        table=table,
        found=[
            "MB are sent and received by one hospital; seconds are the median round's, of all hospitals together for "
            "protect and open, of the server for add.",
            "Accuracies are means over seeds, [95 % over seeds, Student's t], (95 % over patients, resampled).",
            f"The same bytes as plain after the last round: {', '.join(alike) or 'none'}.",
            f"Beyond the first round training magnifies what rounding leaves: at most {furthest:.1e} from unrounded "
            f"after round {settings.rounds}.",
        ],
        not_shown=(
            "bytes of the transport around these messages, hospitals that fail, and what an attacker learns from the "
            "model itself, which no protection of the sum hides."
        ),
        figure="figure",
    )

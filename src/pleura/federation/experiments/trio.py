"""A recipe and a cohort of several hospitals in; each hospital alone, all pooled, and federated, judged alike, out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pleura.data.cohort import Cohort, read_cohort
from pleura.errors import RecipeError
from pleura.evaluation.predictions import Predictions
from pleura.federation.experiments.arms import Arm, Arms
from pleura.federation.experiments.held_out import HeldOut, Row, judged_rows, prepare_held_out
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.hospital import Hospital, own_network, prepare_hospital
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.simulation.progress import PROGRESS
from pleura.federation.simulation.results import as_written
from pleura.federation.simulation.simulate import Simulated, simulate
from pleura.models.classifier import Classifier
from pleura.models.files import Model, load_model
from pleura.settings import TrainingRecipe
from pleura.training.lesion_loss import WithLesions
from pleura.training.watcher import Silent, Watcher

__all__ = ["FEDERATED", "POOLED", "ThreeWays", "alone", "judge_state", "run_name", "three_ways", "wire"]

FEDERATED, POOLED = "federated", "pooled"


@dataclass(frozen=True, eq=False)
class ThreeWays:
    """What three ways to train on the same hospitals came to."""

    rows: tuple[Row, ...]
    """As `judged_rows` gives them: arms "alone NAME", "pooled", "federated"; each on all hospitals and on each."""
    arms: Mapping[str, Arm]
    """By name, with their answers and what they cost."""
    model: Model
    """The federated one, as written."""

    @property
    def predictions(self) -> Mapping[str, Predictions]:
        """Answers on the test cases of all hospitals, by arm."""
        return {name: arm.predictions for name, arm in self.arms.items()}


def three_ways(
    recipe: TrainingRecipe,
    cohort: Path | Cohort,
    out: Path,
    settings: FederationSettings,
    *,
    start_from: str | Path | None = None,
    cache_folder: Path | None = None,
    workers: int = 1,
    device: str = "cpu",
    seed: int = 0,
    watcher: Watcher | None = None,
) -> ThreeWays:
    """Train each hospital alone, all pooled, and federated; judge each on the test cases of all hospitals.

    All begin with the same weights and take the same number of steps for each case, with the same learning rates:
    `settings.rounds` times the local work. `out` gets `arms/`, a table of answers and a file of facts an arm, and
    `federated/`, which is what a simulation writes, with the model. A call with the same arguments goes on where an
    earlier one was stopped: arms that are whole are not run again, and the federation goes on with its next round.

    Parameters
    ----------
    recipe : how a hospital trains
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read; three hospitals or more, with test cases
    out : folder for the results; made if it is not there
    settings : the federation's, with its protection; of strategies all but fedbn, which has no one model
    start_from, cache_folder, workers, device : as for `pleura.training.loop.train`
    seed : of the training, in place of the recipe's
    watcher : told of progress

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used, or `out` is of another run.
    TermsError
        If there are too few hospitals, or too many.
    """
    watcher = watcher or Silent()
    recipe = replace(recipe, training=replace(recipe.training, seed=seed))
    if settings.strategy.name == "fedbn":
        raise RecipeError(
            'strategy "fedbn" gives a model a hospital, and here one is compared; choose another strategy'
        )
    agreement = Agreement(recipe, settings)
    whole = agreement.task.select(cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=()))
    names = sorted({case.hospital for case in whole.cases})
    parent = None if start_from is None else load_model(start_from)
    start = agreement.begin(parent)

    held_out = prepare_held_out(recipe, whole, cache_folder=cache_folder, workers=workers, watcher=watcher)

    def prepare(name: str, cases: Cohort) -> Hospital:
        return prepare_hospital(
            name, recipe, cases, device=device, cache_folder=cache_folder, workers=workers, watcher=watcher
        )

    everyone = prepare(POOLED, whole)
    arms = Arms(out / "arms", run_name(agreement, whole, everyone, held_out, parent), watcher)
    done = {}
    for name in names:
        done[alone(name)] = arms.get(
            alone(name),
            lambda name=name: (  # type: ignore[misc]
                _by_itself(prepare(name, whole.of_hospitals([name])), start, settings, held_out, watcher),
                {},
            ),
        )
    done[POOLED] = arms.get(POOLED, lambda: (_by_itself(everyone, start, settings, held_out, watcher), {}))

    def together() -> tuple[Predictions, Mapping[str, float | int | str]]:
        folder = out / FEDERATED
        simulated = simulate(
            recipe,
            whole,
            folder,
            settings,
            device=device,
            resume=(folder / PROGRESS).is_file(),
            start_from=start_from,
            cache_folder=cache_folder,
            workers=workers,
            watcher=watcher,
        )
        network = simulated.models[0].network.to(everyone.device)
        return held_out.answers(network, device=everyone.device, watcher=watcher), wire(simulated)

    done[FEDERATED] = arms.get(FEDERATED, together)
    rows = tuple(row for arm in done.values() for row in judged_rows(arm.name, arm.predictions))
    return ThreeWays(rows, done, load_model(out / FEDERATED / recipe.name))


def alone(hospital: str) -> str:
    """Name the arm in which a hospital trains without the others."""
    return f"alone {hospital}"


def judge_state(
    hospital: Hospital, state: GlobalState, held_out: HeldOut, watcher: Watcher | None = None
) -> Predictions:
    """Give the answers of a model as it would be written, on the hospital's device."""
    written = replace(state, tensors=as_written(state.tensors, half=hospital.recipe.half))
    trained = own_network(hospital, written, {})
    network: Classifier = trained.network if isinstance(trained, WithLesions) else trained
    return held_out.answers(network, device=hospital.device, watcher=watcher)


def wire(simulated: Simulated) -> dict[str, float | int | str]:
    """Say what a federation sent and what its parts took.

    Returns
    -------
    "bytes_up" and "bytes_down", of one hospital over all rounds of training; "seconds_PART" over all rounds, of the
    slowest hospital for its own work and of all together for protect, add and open; "digest" of the last model.
    """
    rounds = simulated.rows[:-1]  # the last row only judges
    found: dict[str, float | int | str] = {
        name: sum(int(row[name]) for row in rounds) for name in ("bytes_up", "bytes_down")
    }
    for name in (name for name in rounds[0] if name.startswith("seconds_")):
        found[name] = round(sum(float(row[name]) for row in rounds), 3)
    return found | {"digest": simulated.digest}


def run_name(agreement: Agreement, cohort: Cohort, everyone: Hospital, held_out: HeldOut, parent: Model | None) -> str:
    """Hash all that decides the answers: recipe, settings, every case with its slices, and the first weights."""
    decisive = [
        agreement.digest,
        [[case.case, case.hospital, case.label, case.severity, case.split] for case in cohort.cases],
        [everyone.examples.keys, list(everyone.examples.lesions), everyone.validation_keys, held_out.keys],
        "" if parent is None else parent.id,
    ]
    return sha256(json.dumps(decisive).encode()).hexdigest()


def _by_itself(
    hospital: Hospital, start: GlobalState, settings: FederationSettings, held_out: HeldOut, watcher: Watcher
) -> Predictions:
    return judge_state(hospital, train_alone(hospital, start, settings, watcher=watcher), held_out, watcher)

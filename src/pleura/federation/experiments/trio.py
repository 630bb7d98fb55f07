"""A recipe and a cohort of several hospitals in; each hospital alone, all pooled, and federated, judged alike, out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pleura.data.cohort import Cohort, read_cohort
from pleura.data.task import find_task
from pleura.errors import RecipeError
from pleura.evaluation.predictions import Predictions
from pleura.federation.experiments.arms import Arm, Facts
from pleura.federation.experiments.held_out import Row, judged_rows
from pleura.federation.experiments.workshop import Workshop, wire
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.settings import FederationSettings
from pleura.models.files import Model, load_model
from pleura.settings import TrainingRecipe
from pleura.training.watcher import Silent, Watcher

__all__ = ["FEDERATED", "POOLED", "ThreeWays", "three_ways"]

FEDERATED, POOLED = "federated", "pooled"


@dataclass(frozen=True, eq=False)
class ThreeWays:
    """What three ways to train on the same hospitals came to."""

    rows: tuple[Row, ...]
    """As `judged_rows` gives them: arms "alone NAME", "pooled", "federated"; each on all hospitals and on each."""
    arms: Mapping[str, Arm[Predictions]]
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
    precision: str = "float32",
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
    precision : in which the test cases are judged: float32, as a diagnosis computes, or bfloat16
    watcher : told of progress

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used, or `out` is of another run.
    TermsError
        If there are too few hospitals, or too many.
    """
    if settings.strategy.name == "fedbn":
        raise RecipeError(
            'strategy "fedbn" gives a model a hospital, and here one is compared; choose another strategy'
        )
    recipe = replace(recipe, training=replace(recipe.training, seed=seed))
    whole = cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=())
    shop = Workshop(
        recipe=recipe,
        cohort=find_task(recipe.task).select(whole),
        out=out,
        cache_folder=cache_folder,
        workers=workers,
        device=device,
        watcher=watcher or Silent(),
        precision=precision,
    )
    parent = None if start_from is None else load_model(start_from)
    start = Agreement(recipe, settings).begin(parent)
    arms = shop.arms(settings, parent=parent)

    def by_itself(name: str) -> tuple[Predictions, Facts]:
        hospital = shop.everyone if name == POOLED else shop.hospital(name)
        return shop.judge(train_alone(hospital, start, settings, watcher=shop.watcher)), {}

    def together() -> tuple[Predictions, Facts]:
        simulated = shop.federate(FEDERATED, settings, start_from=start_from)
        return shop.judge(simulated.models[0]), wire(simulated)

    done = {f"alone {name}": arms.get(f"alone {name}", partial(by_itself, name)) for name in shop.hospitals}
    done[POOLED] = arms.get(POOLED, partial(by_itself, POOLED))
    done[FEDERATED] = arms.get(FEDERATED, together)
    rows = tuple(row for name, arm in done.items() for row in judged_rows(name, arm.predictions))
    return ThreeWays(rows, done, load_model(out / FEDERATED / recipe.name))

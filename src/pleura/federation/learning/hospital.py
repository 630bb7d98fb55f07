"""One hospital's round, with no engine: the global model and the hospital's own cases in, what enters the sum out.

Nothing else leaves. What a hospital keeps for itself from round to round (norm layers under FedBN, the optimiser's
state where the settings keep it) is its `Home`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from pleura.data.cache import default_cache_folder
from pleura.data.cohort import Cohort
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.lesson import Hospital, Recipe, bare
from pleura.federation.learning.lessons.find import find_lesson
from pleura.federation.learning.local import train_locally
from pleura.federation.learning.state import GlobalState
from pleura.federation.learning.tensors import read_tensors, travelling, write_tensors
from pleura.federation.learning.update import pack_update
from pleura.federation.learning.weights import hospital_weight
from pleura.models.device import choose_device
from pleura.training.checkpoint import optimiser_tensors, restore_optimiser
from pleura.training.objective import Proximal
from pleura.training.optimiser import create_optimiser
from pleura.training.steps import Learner
from pleura.training.watcher import Silent, Watcher

__all__ = [
    "Contribution",
    "Home",
    "evaluate_round",
    "local_learner",
    "own_network",
    "prepare_hospital",
    "work_round",
]

Home = Mapping[str, Tensor]
"""What stays in a hospital between rounds: "own.TENSOR" and "optimiser.KIND.PARAMETER"."""
_OWN, _OPTIMISER = "own.", "optimiser."


@dataclass(frozen=True, eq=False, kw_only=True)
class Contribution:
    """What one hospital's round came to."""

    values: Mapping[str, npt.NDArray[np.float32] | npt.NDArray[np.int64]]
    """What enters the sum, by segment of the layout."""
    home: Home
    """What stays here for the next round."""
    cut: float = 0.0
    """Share of the update's numbers that were beyond their limits; for this hospital's eyes."""
    train_loss: float = float("nan")
    """Mean over the round's examples; for this hospital's eyes."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Time by part of the work."""


def prepare_hospital(
    name: str,
    recipe: Recipe,
    cohort: Cohort,
    *,
    device: str = "cpu",
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
) -> Hospital:
    """Make a hospital's cases ready.

    Parameters
    ----------
    name : decides, with the recipe's seed, the order of its examples and their augmentation
    recipe : the same in all hospitals
    cohort : this hospital's cases; those that the recipe's task does not arise for are left out
    device, cache_folder, workers, watcher : as for `pleura.training.loop.train`

    Raises
    ------
    CohortError
        If there is no training case, or one cannot be used.
    """
    return find_lesson(recipe).prepare(
        name,
        cohort,
        device=choose_device(device),
        cache_folder=cache_folder or default_cache_folder() / "slices",
        workers=workers,
        watcher=watcher or Silent(),
    )


def work_round(
    hospital: Hospital,
    state: GlobalState,
    agreement: Agreement,
    home: Home,
    *,
    most_epochs: float = inf,
    watcher: Watcher | None = None,
) -> Contribution:
    """Judge the global model on the own validation cases, train it on the own training cases, give the difference.

    Parameters
    ----------
    hospital : with its cases
    state : what all hospitals begin the round with
    agreement : of the federation; its recipe is the one that the hospital was prepared for
    home : what this hospital kept of its last round; empty before its first
    most_epochs : where a time budget ends at the latest
    watcher : told of progress

    Raises
    ------
    RecipeError
        If training ends in weights that are not finite.
    """
    watcher, settings = watcher or Silent(), agreement.settings
    seconds: dict[str, float] = {}
    began = perf_counter()
    trained = own_network(hospital, state, home)
    before = hospital.judge(bare(trained), settings.evaluation, watcher)
    seconds["evaluate"] = perf_counter() - began

    began = perf_counter()
    learner = local_learner(hospital, trained, proximal=agreement.strategy.proximal)
    if settings.local.optimiser == "kept":
        restore_optimiser(trained, learner.optimiser, _part(home, _OPTIMISER))
    watcher.start(f"round {state.round}, {hospital.name}", hospital.examples.steps)
    seen = train_locally(
        learner,
        hospital.examples,
        hospital.recipe,
        settings.local,
        round_number=state.round,
        rounds=settings.rounds,
        on_step=watcher.advance,
        most_epochs=most_epochs,
    )
    seconds["train"] = perf_counter() - began

    began = perf_counter()
    loss_before, loss_after = None, None
    if settings.weights.by == "dynamic" and before.loss is not None:
        loss_before = before.loss
        loss_after = hospital.judge(bare(trained), settings.evaluation, watcher).loss
    weight = hospital_weight(
        settings.weights, cases=int(hospital.labelled.sum()), loss_before=loss_before, loss_after=loss_after
    )
    seconds["evaluate"] += perf_counter() - began

    began = perf_counter()
    after = read_tensors(trained, agreement.shared)
    update = {name: array - state.tensors[name] for name, array in after.items()}
    values, cut = pack_update(update, weight, limits=state.limits, reach=state.reach)
    values |= {"labels": hospital.labelled, **before.counts}
    seconds["update"] = perf_counter() - began
    kept = {_OWN + one.name: trained.state_dict()[one.name] for one in travelling(trained) if one.name not in after}
    if settings.local.optimiser == "kept":
        kept |= {_OPTIMISER + name: one for name, one in optimiser_tensors(trained, learner.optimiser).items()}
    own = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in kept.items()}
    return Contribution(values=values, home=own, cut=cut, train_loss=seen.loss, seconds=seconds)


def evaluate_round(
    hospital: Hospital,
    state: GlobalState,
    agreement: Agreement,
    home: Home,
    *,
    watcher: Watcher | None = None,
) -> Contribution:
    """Judge the global model only; the parameters are those of `work_round`."""
    began = perf_counter()
    trained = own_network(hospital, state, home)
    judged = hospital.judge(bare(trained), agreement.settings.evaluation, watcher or Silent())
    values = {"labels": hospital.labelled, **judged.counts}
    return Contribution(values=values, home=home, seconds={"evaluate": perf_counter() - began})


def own_network(hospital: Hospital, state: GlobalState, home: Home) -> nn.Module:
    """Build what is trained: the global model with what is the hospital's own of it, on the hospital's device."""
    trained = hospital.lesson.place(hospital.lesson.network(), hospital.device)
    write_tensors(trained, state.tensors)
    write_tensors(trained, {name: tensor.numpy() for name, tensor in _part(home, _OWN).items()})
    return trained


def local_learner(hospital: Hospital, trained: nn.Module, *, proximal: float = 0.0) -> Learner[nn.Module]:
    """Give a network a fresh optimiser, and the goal of the hospital's cases.

    Parameters
    ----------
    trained : as `own_network` gives it
    proximal : strength of the term that holds it near the weights that it has now
    """
    recipe = hospital.recipe
    anchor = {name: weight.detach().clone() for name, weight in trained.named_parameters()} if proximal else {}
    return Learner(
        network=bare(trained),
        trained=trained,
        optimiser=create_optimiser(trained, recipe.optimiser),
        objective=hospital.goal(Proximal(proximal, anchor) if proximal else None),
        device=hospital.device,
        precision=recipe.training.precision,
        microbatch=recipe.training.microbatch,
    )


def _part(home: Home, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in home.items() if name.startswith(prefix)}

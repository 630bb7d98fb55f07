"""One hospital in; the model that it comes to without the others, by as much training as in a federation, out."""

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from pleura.federation.learning.hospital import local_learner, own_network
from pleura.federation.learning.lesson import Hospital
from pleura.federation.learning.local import train_locally
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.learning.tensors import read_tensors, travelling
from pleura.training.watcher import Silent, Watcher

__all__ = ["train_alone"]


def train_alone(
    hospital: Hospital,
    state: GlobalState,
    settings: FederationSettings,
    *,
    watcher: Watcher | None = None,
    on_state: Callable[[GlobalState], object] | None = None,
) -> GlobalState:
    """Train for the federation's rounds with no federation.

    The same steps with the same examples and learning rates as this hospital takes in a federation with these
    settings, but each round goes on where the hospital's own last one ended. Given the cases of all hospitals as those
    of one, it is pooled training.

    Parameters
    ----------
    hospital : with its cases
    state : what the first round begins with
    settings : rounds and local work; strategy, weights and protection have no part in it
    watcher : told of progress
    on_state : given the model after each round

    Returns
    -------
    The model after the last round.

    Raises
    ------
    RecipeError
        If training ends in weights that are not finite.
    """
    watcher = watcher or Silent()
    trained = own_network(hospital, state, {})
    learner = local_learner(hospital, trained)
    for number in range(state.round, settings.rounds):
        if settings.local.optimiser == "fresh":
            learner = local_learner(hospital, trained)
        watcher.start(f"{hospital.name} alone, round {number}", hospital.examples.steps)
        train_locally(
            learner,
            hospital.examples,
            hospital.recipe,
            settings.local,
            round_number=number,
            rounds=settings.rounds,
            on_step=watcher.advance,
        )
        if on_state is not None:
            on_state(_state(state, number + 1, trained))
    return _state(state, settings.rounds, trained)


def _state(first: GlobalState, rounds: int, trained: nn.Module) -> GlobalState:
    return replace(first, round=rounds, tensors=read_tensors(trained, travelling(trained)))

"""A network and one hospital's training cases in; the network trained for one round, and how it went, out."""

from collections.abc import Callable, Generator, Iterator
from hashlib import sha256
from itertools import count, islice
from math import inf
from time import monotonic

from torch import nn

from pleura.data.examples import Batch
from pleura.errors import RecipeError
from pleura.federation.learning.lesson import Drawn, Recipe
from pleura.federation.learning.settings import LocalSettings
from pleura.settings import ScheduleSettings
from pleura.training.schedule import learning_rate
from pleura.training.steps import Learner, Seen, learn

__all__ = ["hospital_seed", "round_rate", "train_locally"]

_EPOCHS_A_ROUND = 10_000
"""Numbers of epochs that a round has for itself, so that no two rounds draw the same examples."""


def hospital_seed(seed: int, hospital: str) -> int:
    """Give a hospital a seed of its own, from the recipe's and its name; 0 to 2^32 - 1."""
    return int.from_bytes(sha256(f"pleura hospital {seed} {hospital}".encode()).digest()[:4], "little")


def round_rate(step: int, steps: int, *, round_number: int, rounds: int, recipe: Recipe) -> float:
    """Give the learning rate of a local step: the recipe's schedule, stretched over the federation's rounds.

    Warm-up takes the same share of the rounds, rounded down, as it takes of the recipe's epochs.

    Parameters
    ----------
    step, steps : number of the step in its round, from 0, and how many steps the round has in this hospital
    round_number, rounds : number of the round, from 0, and how many there are

    Examples
    --------
    >>> from pleura.settings import TrainingRecipe
    >>> recipe = TrainingRecipe(name="r", schedule=ScheduleSettings(epochs=100, warmup_epochs=50))
    >>> [round(round_rate(0, 1, round_number=r, rounds=4, recipe=recipe), 5) for r in range(4)]
    [0.005, 0.01, 0.01, 0.005]
    """
    warmup = rounds * recipe.schedule.warmup_epochs // recipe.schedule.epochs
    schedule = ScheduleSettings(epochs=rounds, warmup_epochs=warmup)
    peak = recipe.optimiser.learning_rate
    return learning_rate(round_number * steps + step, steps_per_epoch=steps, peak=peak, settings=schedule)


def train_locally(
    learner: Learner[nn.Module],
    examples: Drawn,
    recipe: Recipe,
    settings: LocalSettings,
    *,
    round_number: int,
    rounds: int,
    on_step: Callable[[], object],
    most_epochs: float = inf,
    clock: Callable[[], float] = monotonic,
) -> Seen:
    """Train for one round.

    A round begins a new pass over the training cases, in a new order. With epochs and steps the same call gives the
    same weights; a time budget ends with the first step after it, and the learning rate stands still in the round.

    Parameters
    ----------
    learner : its network and optimiser are changed
    examples : the hospital's; their seed is the hospital's own
    recipe : the schedule and its peak
    settings : for how long
    round_number, rounds : as in `round_rate`
    on_step : called after each step
    most_epochs : where a time budget ends at the latest, in whole steps; one step is always taken
    clock : seconds, of a time budget

    Raises
    ------
    RecipeError
        If the loss is not finite.
    """
    amount = settings.amount
    begun = clock()
    batches = _batches(examples, round_number)
    steps = 1
    if settings.unit == "epochs":
        steps = int(amount) * examples.steps
    elif settings.unit == "steps":
        steps = int(amount)

    def in_time() -> Iterator[Batch]:
        for number, batch in enumerate(batches, start=1):
            yield batch
            if clock() - begun >= amount or number + 1 > most_epochs * examples.steps:
                return

    def rate(number: int) -> float:
        step = 0 if settings.unit == "seconds" else number
        return round_rate(step, steps, round_number=round_number, rounds=rounds, recipe=recipe)

    seen = learn(
        learner,
        in_time() if settings.unit == "seconds" else islice(batches, steps),
        rate=rate,
        seed=examples.seed * 100_003 + round_number,
        on_step=on_step,
    )
    batches.close()
    if not seen.loss < float("inf"):
        raise RecipeError(f"the loss is {seen.loss} in round {round_number}; lower optimiser.learning_rate")
    return seen


def _batches(examples: Drawn, round_number: int) -> Generator[Batch, None, None]:
    """Pass after pass over the cases, without end."""
    for epoch in count(round_number * _EPOCHS_A_ROUND):
        yield from examples.batches(epoch)

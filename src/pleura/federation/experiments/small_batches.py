"""A recipe for pooled training in; the same with a hospital's share of its batch, for hospitals side by side, out.

Hospitals that train side by side for one epoch take, one after the other, a fraction of the steps that all their cases
in one place would: with six of them about a sixth. With a sixth of the batch they take as many, each step of all of
them together sees as many examples as a pooled one, and nothing else differs. For networks with group norm alone, since
batch norm needs a batch.
"""

from dataclasses import replace
from typing import TypeVar

from pleura.settings import TrainingRecipe
from pleura.training.segmentation.recipe import SegmenterRecipe

__all__ = ["with_small_batches"]

Recipe = TypeVar("Recipe", TrainingRecipe, SegmenterRecipe)

_LEAST = 2


def with_small_batches(recipe: Recipe, hospitals: int) -> Recipe:
    """Divide a recipe's batch among so many hospitals, rounded; a recipe's least batch is 2.

    Examples
    --------
    >>> with_small_batches(TrainingRecipe(name="r"), 6).training.batch
    3
    """
    batch = max(_LEAST, round(recipe.training.batch / hospitals))
    return replace(recipe, training=replace(recipe.training, batch=batch, microbatch=0))

"""Hospitals side by side take as many steps as all their cases in one place, with as many examples a step."""

import pytest

from pleura.federation.experiments.small_batches import with_small_batches
from pleura.settings import TrainingRecipe, TrainingSettings
from training import masked_micro


@pytest.mark.parametrize(("batch", "hospitals", "small"), [(12, 3, 4), (6, 6, 2), (16, 6, 3), (32, 5, 6)])
def test_a_batch_is_divided(batch: int, hospitals: int, small: int) -> None:
    training = TrainingSettings(batch=batch, microbatch=batch, precision="bfloat16", seed=4)
    recipe = TrainingRecipe(name="r", training=training)
    found = with_small_batches(recipe, hospitals)
    assert found.training == TrainingSettings(batch=small, precision="bfloat16", seed=4)
    assert found.optimiser == recipe.optimiser


def test_as_many_steps_and_examples() -> None:
    """Six hospitals of 60 cases: 10 steps of 36 where pooled, and of 6 x 6 side by side."""
    batch, hospitals, cases = 36, 6, 60
    recipe = TrainingRecipe(name="r", training=TrainingSettings(batch=batch))
    small = with_small_batches(recipe, hospitals).training.batch
    assert cases / small == cases * hospitals / batch
    assert small * hospitals == batch


def test_a_segmenter_too() -> None:
    recipe = masked_micro.recipe()
    assert with_small_batches(recipe, 3).training.batch == max(2, round(recipe.training.batch / 3))
    assert with_small_batches(recipe, 3).arguments == recipe.arguments

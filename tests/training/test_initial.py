"""What a network begins with: which weights carry over from another model, and which start fresh."""

import dataclasses
from pathlib import Path

import pytest
import torch

from pleura.data.task import COVID, VIRAL
from pleura.errors import RecipeError
from pleura.models.card import Card
from pleura.models.files import Model
from pleura.settings import TrainingRecipe
from pleura.training.initial import first_network
from training import micro, slice_micro


def _parent(recipe: TrainingRecipe, classes: tuple[str, ...], **more: float) -> Model:
    """A model as trained from this recipe, all of its weights moved away from their first values."""
    network = first_network(recipe, classes, None)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 1.0
    card = Card(
        name="parent",
        architecture=recipe.architecture,
        arguments={"classes": len(classes), **recipe.arguments, **more},
        classes=classes,
        input=recipe.input,
        licence="Apache-2.0",
        training={"synthetic": True, "summary": ""},
        task=recipe.task,
    )
    return Model(network, card, "0" * 64, Path())


def test_another_tasks_last_layer_starts_fresh_though_it_has_the_same_shape() -> None:
    parent = _parent(slice_micro.recipe("viral"), VIRAL.classes)
    recipe = slice_micro.recipe("covid")
    begun = first_network(recipe, COVID.classes, parent).state_dict()
    fresh = first_network(recipe, COVID.classes, None).state_dict()
    before = parent.network.state_dict()
    own = {name for name in begun if torch.equal(begun[name], fresh[name])}
    assert own == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(begun[name], before[name]) for name in begun if name not in own)


def test_the_same_task_goes_on_with_all_weights() -> None:
    recipe = slice_micro.recipe("viral")
    parent = _parent(recipe, VIRAL.classes)
    begun = first_network(recipe, VIRAL.classes, parent).state_dict()
    assert all(torch.equal(begun[name], tensor) for name, tensor in parent.network.state_dict().items())


def test_how_much_is_kept_in_memory_does_not_matter_to_the_parent() -> None:
    recipe = slice_micro.recipe("viral")
    parent = _parent(recipe, VIRAL.classes, chunk=8, dropout=0.5)
    begun = first_network(recipe, VIRAL.classes, parent).state_dict()
    assert torch.equal(begun["gru.weight_hh_l0"], parent.network.state_dict()["gru.weight_hh_l0"])
    with pytest.raises(RecipeError, match=r"the recipe asks for resnext-gru"):
        first_network(recipe, VIRAL.classes, _parent(recipe, VIRAL.classes, hidden=9))


def test_a_network_of_a_fixed_depth_takes_no_sequence() -> None:
    every = dataclasses.replace(micro.recipe().input, interval="every", subsets=1)
    with pytest.raises(RecipeError, match=r'densenet3d takes 16 slices.* set input.interval = "lung-extent"'):
        first_network(dataclasses.replace(micro.recipe(), input=every), ("a", "b"), None)

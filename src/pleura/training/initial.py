"""A recipe and perhaps a parent model in, the network that training begins with out."""

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import nn

from pleura.errors import RecipeError
from pleura.models.classifier import Classifier
from pleura.models.densenet3d import DenseNet3d
from pleura.models.files import Model
from pleura.models.registry import create_network
from pleura.models.slice_gru import SliceGru
from pleura.settings import TrainingRecipe
from pleura.training.lesion_loss import WithLesions

__all__ = ["first_network", "lay_out", "with_lesions"]

Network = TypeVar("Network", bound=nn.Module)

_NOT_OF_WEIGHTS = ("chunk", "dropout")
"""Arguments of architectures that decide how a network computes or learns, and nothing of its weights."""


def first_network(recipe: TrainingRecipe, classes: tuple[str, ...], parent: Model | None) -> Classifier:
    """Make the network with fresh weights drawn from the recipe's seed, or with those of a parent.

    Parameters
    ----------
    recipe : names the architecture
    classes : in the order of the outputs
    parent : the model to begin with; of a parent with other classes all but the last layer is taken, which starts
        fresh even where it has the same shape

    Raises
    ------
    RecipeError
        If the parent has another architecture, or the architecture needs another kind of input.
    """
    arguments = {"classes": len(classes), **recipe.arguments}
    network = _fresh(recipe, arguments)
    if recipe.input.interval == "every" and isinstance(network, DenseNet3d):
        raise RecipeError(
            f"{recipe.architecture} takes {recipe.input.slices} slices, no more and no fewer; with it set "
            'input.interval = "lung-extent"'
        )
    if parent is None:
        return network
    if (parent.card.architecture, _shape(parent.card.arguments)) != (recipe.architecture, _shape(arguments)):
        raise RecipeError(
            f"model {parent.card.name} is {parent.card.architecture} {dict(parent.card.arguments)}; "
            f"the recipe asks for {recipe.architecture} {arguments}"
        )
    weights = parent.network.state_dict()
    if parent.card.classes != classes:  # another task: all but the last layer carries over
        fresh = network.state_dict()
        wider = _fresh(recipe, {**arguments, "classes": len(classes) + 1}).state_dict()  # only its last layer differs
        weights = {
            name: tensor if fresh[name].shape == wider[name].shape else fresh[name] for name, tensor in weights.items()
        }
    network.load_state_dict(weights)
    return network


def lay_out(network: Network) -> Network:
    """Put the weights of 3 x 3 x 3 convolutions into the order in memory that is fastest for them, channels last."""
    for parameter in network.parameters():
        if parameter.ndim == 5:
            parameter.data = parameter.data.to(memory_format=torch.channels_last_3d)
    return network


def _fresh(recipe: TrainingRecipe, arguments: Mapping[str, int | float]) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        return create_network(recipe.architecture, **arguments)


def _shape(arguments: Mapping[str, int | float]) -> dict[str, int | float]:
    """Leave out what does not decide the weights' shapes, and the number of classes."""
    return {name: value for name, value in arguments.items() if name not in ("classes", *_NOT_OF_WEIGHTS)}


def with_lesions(network: Classifier, recipe: TrainingRecipe) -> Classifier | WithLesions:
    """Add the head that learns from lesion masks, where the recipe asks for it.

    Raises
    ------
    RecipeError
        If the network has no feature maps that lie on the slices.
    """
    if not recipe.loss.lesions:
        return network
    if not isinstance(network, DenseNet3d | SliceGru):
        raise RecipeError(
            f"loss.lesions = {recipe.loss.lesions} needs densenet3d or resnext-gru, not {recipe.architecture}"
        )
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        return WithLesions(network)

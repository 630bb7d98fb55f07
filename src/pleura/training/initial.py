"""A recipe and perhaps a parent model in, the network that training begins with out."""

import torch

from pleura.errors import RecipeError
from pleura.models.classifier import Classifier
from pleura.models.densenet3d import DenseNet3d
from pleura.models.files import Model
from pleura.models.registry import create_network
from pleura.settings import TrainingRecipe
from pleura.training.lesion_loss import WithLesions

__all__ = ["first_network", "with_lesions"]


def first_network(recipe: TrainingRecipe, classes: tuple[str, ...], parent: Model | None) -> Classifier:
    """Make the network with fresh weights drawn from the recipe's seed, or with those of a parent.

    Parameters
    ----------
    recipe : names the architecture
    classes : in the order of the outputs
    parent : the model to begin with; of a parent with other classes all but the last layer is taken

    Raises
    ------
    RecipeError
        If the parent has another architecture.
    """
    arguments = {"classes": len(classes), **recipe.arguments}
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        network = create_network(recipe.architecture, **arguments)
    if parent is None:
        return network
    same = (parent.card.architecture, {**parent.card.arguments, "classes": 0})
    if same != (recipe.architecture, {**arguments, "classes": 0}):
        raise RecipeError(
            f"model {parent.card.name} is {parent.card.architecture} {dict(parent.card.arguments)}; "
            f"the recipe asks for {recipe.architecture} {arguments}"
        )
    weights = parent.network.state_dict()
    if parent.card.classes != classes:  # another task: all but the last layer carries over
        fresh = network.state_dict()
        weights = {
            name: tensor if tensor.shape == fresh[name].shape else fresh[name] for name, tensor in weights.items()
        }
    network.load_state_dict(weights)
    return network


def with_lesions(network: Classifier, recipe: TrainingRecipe) -> Classifier | WithLesions:
    """Add the head that learns from lesion masks, where the recipe asks for it.

    Raises
    ------
    RecipeError
        If the network has no feature maps that lie on the slices.
    """
    if not recipe.loss.lesions:
        return network
    if not isinstance(network, DenseNet3d):
        raise RecipeError(f"loss.lesions = {recipe.loss.lesions} needs densenet3d, not {recipe.architecture}")
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        return WithLesions(network)

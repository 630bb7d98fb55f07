"""The known architectures: a name and arguments in, a network out."""

from collections.abc import Callable

from pleura.errors import ModelError
from pleura.models.classifier import Classifier
from pleura.models.densenet3d import DenseNet3d
from pleura.models.resnet18 import ResNet18
from pleura.models.slice_gru import SliceGru

__all__ = ["ARCHITECTURES", "create_network"]

ARCHITECTURES: dict[str, Callable[..., Classifier]] = {
    "densenet3d": DenseNet3d,
    "resnet18": ResNet18,
    "resnext-gru": SliceGru,
}


def create_network(name: str, **arguments: int | float) -> Classifier:
    """Make a network with fresh weights, drawn from torch's generator.

    Parameters
    ----------
    name : a key of `ARCHITECTURES`
    arguments : what its constructor takes

    Raises
    ------
    ModelError
        If the name is not known or the arguments do not fit.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f'unknown architecture "{name}"; known are {", ".join(sorted(ARCHITECTURES))}')
    try:
        return ARCHITECTURES[name](**arguments)
    except (TypeError, ValueError) as error:
        raise ModelError(f"architecture {name} cannot be made with {arguments}: {error}") from error

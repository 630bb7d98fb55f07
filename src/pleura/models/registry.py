"""The known architectures: a name and arguments in, a network out."""

from collections.abc import Callable
from typing import TypeVar, overload

from torch import nn

from pleura.errors import ModelError
from pleura.models.classifier import Classifier
from pleura.models.deeplab import DeepLabV3Plus
from pleura.models.densenet3d import DenseNet3d
from pleura.models.resnet18 import ResNet18
from pleura.models.segmenter import Segmenter
from pleura.models.slice_gru import SliceGru

__all__ = ["ARCHITECTURES", "create_network"]

Network = TypeVar("Network", bound=nn.Module)

ARCHITECTURES: dict[str, Callable[..., Classifier | Segmenter]] = {
    "deeplabv3plus-densenet121": DeepLabV3Plus,
    "densenet3d": DenseNet3d,
    "resnet18": ResNet18,
    "resnext-gru": SliceGru,
}


@overload
def create_network(name: str, /, **arguments: int | float) -> Classifier: ...


@overload
def create_network(name: str, kind: type[Network], /, **arguments: int | float) -> Network: ...


def create_network(name: str, kind: type[nn.Module] = Classifier, /, **arguments: int | float) -> nn.Module:
    """Make a network with fresh weights, drawn from torch's generator.

    Parameters
    ----------
    name : a key of `ARCHITECTURES`
    kind : what it must be: a `Classifier`, a `Segmenter`, or any `nn.Module`
    arguments : what its constructor takes

    Raises
    ------
    ModelError
        If the name is not known, the arguments do not fit, or the network is of another kind.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f'unknown architecture "{name}"; known are {", ".join(sorted(ARCHITECTURES))}')
    try:
        network = ARCHITECTURES[name](**arguments)
    except (TypeError, ValueError) as error:
        raise ModelError(f"architecture {name} cannot be made with {arguments}: {error}") from error
    if not isinstance(network, kind):
        made = "segmenter" if isinstance(network, Segmenter) else "classifier"
        needed = "segmenter" if issubclass(kind, Segmenter) else "classifier"
        raise ModelError(f"architecture {name} is a {made}, and a {needed} is needed here; give a model of that kind")
    return network

"""The optimiser: a network and settings in, SGD with its decay groups out."""

from torch import nn, optim

from pleura.settings import OptimiserSettings

__all__ = ["create_optimiser", "decay_groups"]


def decay_groups(network: nn.Module) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
    """Split a network's parameters into those that decay and those that do not.

    Convolution and linear weights decay; biases and batch norm's scales, which have one axis, do not: to pull them
    to zero would not make the function simpler, only fit worse.

    Returns
    -------
    (decayed, kept), each by name.
    """
    named = dict(network.named_parameters())
    decayed = {name: parameter for name, parameter in named.items() if parameter.ndim > 1}
    return decayed, {name: parameter for name, parameter in named.items() if name not in decayed}


def create_optimiser(network: nn.Module, settings: OptimiserSettings) -> optim.SGD:
    """Make stochastic gradient descent with momentum; two groups, decayed first."""
    decayed, kept = decay_groups(network)
    groups = [
        {"params": list(decayed.values()), "weight_decay": settings.weight_decay},
        {"params": list(kept.values()), "weight_decay": 0.0},
    ]
    return optim.SGD(groups, lr=settings.learning_rate, momentum=settings.momentum)

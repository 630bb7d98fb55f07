"""The optimiser: a network and settings in, SGD or AdamW with its decay groups out."""

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


def create_optimiser(network: nn.Module, settings: OptimiserSettings) -> optim.Optimizer:
    """Make the optimiser with two groups, decayed first.

    References
    ----------
    AdamW, with its customary rates of 0.9 and 0.999: Loshchilov, Hutter (2019), Decoupled weight decay regularization,
    ICLR.
    """
    decayed, kept = decay_groups(network)
    groups = [
        {"params": list(decayed.values()), "weight_decay": settings.weight_decay},
        {"params": list(kept.values()), "weight_decay": 0.0},
    ]
    if settings.kind == "adamw":
        return optim.AdamW(groups, lr=settings.learning_rate)
    return optim.SGD(groups, lr=settings.learning_rate, momentum=settings.momentum)

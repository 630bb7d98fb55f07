"""Class-weighted losses: logits and class numbers in, a loss out."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from pleura.errors import RecipeError
from pleura.settings import LossSettings

__all__ = ["class_weights", "squared_emd", "weighted_cross_entropy"]


def class_weights(settings: LossSettings, classes: Sequence[str], labels: Sequence[int]) -> Tensor:
    """Give one weight a class, with mean 1.

    Parameters
    ----------
    settings : the recipe's loss
    classes : names, in the order of the outputs
    labels : class numbers of the training cases; a class without any is weighed as one with a single case

    Raises
    ------
    RecipeError
        If the recipe's weights are not for these classes.

    Examples
    --------
    >>> class_weights(LossSettings(weighting="balanced"), ["a", "b"], [0, 0, 0, 1])
    tensor([0.5000, 1.5000])
    """
    if settings.weighting == "given":
        if set(settings.weights) != set(classes):
            raise RecipeError(f"loss.weights are for {sorted(settings.weights)}; the classes are {sorted(classes)}")
        weights = torch.tensor([settings.weights[name] for name in classes])
    elif settings.weighting == "balanced":
        weights = 1.0 / torch.bincount(torch.tensor(labels), minlength=len(classes)).clamp(min=1)
    else:
        weights = torch.ones(len(classes))
    return weights / weights.mean()


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor, total: Tensor) -> Tensor:
    """Sum each case's weight times its cross-entropy, over a total weight.

    With `total` the batch's weights this is the weighted mean; the parts of a batch, each with the whole batch's
    total, add up to it.

    Parameters
    ----------
    logits : (cases, classes)
    labels : (cases,), class numbers
    weights : (classes,)
    total : scalar
    """
    return functional.cross_entropy(logits.float(), labels, weight=weights, reduction="sum") / total


def squared_emd(logits: Tensor, labels: Tensor, weights: Tensor, total: Tensor) -> Tensor:
    """Sum each case's weight times the squared earth mover's distance to its class, over a total weight.

    For classes in an order: an answer two grades away costs more than one grade away.

    Parameters
    ----------
    logits, labels, weights, total : as for `weighted_cross_entropy`

    References
    ----------
    Hou, Yu, Samaras (2016), Squared earth mover's distance-based loss for training deep neural networks,
    arXiv:1611.05916, with l = 2.

    Examples
    --------
    >>> sure_of_the_first = torch.tensor([[30.0, 0.0, 0.0]])
    >>> squared_emd(sure_of_the_first, torch.tensor([2]), torch.ones(3), torch.tensor(1.0))
    tensor(2.)
    """
    reached = torch.softmax(logits.float(), dim=1).cumsum(dim=1)  # (cases, classes): P(at most this grade)
    truth = functional.one_hot(labels, logits.shape[1]).cumsum(dim=1)
    return (weights[labels] * (reached - truth).square().sum(dim=1)).sum() / total

"""The learning rate: a step's number in, its rate out."""

from math import cos, pi

from pleura.settings import ScheduleSettings

__all__ = ["learning_rate"]


def learning_rate(step: int, *, steps_per_epoch: int, peak: float, settings: ScheduleSettings) -> float:
    """Give a step's learning rate: a straight line up to the peak, then half a cosine down towards zero.

    Parameters
    ----------
    step : number of the step, from 0
    steps_per_epoch : batches in an epoch
    peak : the highest rate
    settings : epochs of warm-up and in all

    References
    ----------
    Loshchilov, Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR; here without restarts.

    Examples
    --------
    >>> settings = ScheduleSettings(epochs=3, warmup_epochs=1)
    >>> [round(learning_rate(s, steps_per_epoch=2, peak=1.0, settings=settings), 3) for s in range(6)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    warmup = settings.warmup_epochs * steps_per_epoch
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / (settings.epochs * steps_per_epoch - warmup)
    return peak * (1 + cos(pi * done)) / 2

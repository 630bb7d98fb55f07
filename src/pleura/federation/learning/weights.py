"""How many cases a hospital has, and what training there gained, in; the whole number its update counts by out."""

from pleura.federation.learning.settings import WeightSettings

__all__ = ["hospital_weight", "most_weight", "weight_range"]

RESOLUTION = 16
"""Of dynamic weights: a case counts 1/16 of a step, so that gains are not rounded away."""


def hospital_weight(
    settings: WeightSettings, *, cases: int, loss_before: float | None = None, loss_after: float | None = None
) -> int:
    """Give what a hospital's update counts by in one round.

    - equal: 1.
    - cases: its training cases n, at most `most_cases`.
    - dynamic: n g, in sixteenths, where the gain g is its loss on its own validation cases before the round's training
      over that after it, held between 1 / `most_gain` and `most_gain`. A hospital without validation cases has g = 1.

    The ratio g is that of FedCostWAvg (with the global model for "before"), which adds it, divided by its sum over the
    hospitals, to the share of cases. Here nobody knows that sum before the round's sum is opened; so it multiplies.

    Parameters
    ----------
    cases : training cases, 1 or more
    loss_before, loss_after : mean log loss of the global model and of the one trained here; None without validation

    Returns
    -------
    1 to `most_weight(settings)`.

    References
    ----------
    McMahan, Moore, Ramage, Hampson, Aguera y Arcas (2017), Communication-efficient learning of deep networks from
    decentralized data, AISTATS, arXiv:1602.05629, for weights by cases.
    Mächler et al. (2021), FedCostWAvg: a new averaging for better federated learning, arXiv:2111.08649.

    Examples
    --------
    >>> hospital_weight(WeightSettings(by="dynamic"), cases=100, loss_before=0.9, loss_after=0.6)
    2400
    """
    if settings.by == "equal":
        return 1
    counted = min(cases, settings.most_cases)
    if settings.by == "cases":
        return counted
    gain = 1.0
    if loss_before is not None and loss_after is not None:
        top = settings.most_gain
        gain = top if loss_after * top <= loss_before else max(loss_before / loss_after, 1 / top)
    return max(1, round(RESOLUTION * counted * gain))


def most_weight(settings: WeightSettings) -> int:
    """Give the largest weight that a hospital can have; public."""
    if settings.by == "equal":
        return 1
    if settings.by == "cases":
        return settings.most_cases
    return round(RESOLUTION * settings.most_cases * settings.most_gain)


def weight_range(settings: WeightSettings, summed: int | None) -> int:
    """Give what weights are divided by before they enter the sum, so that no number exceeds its limit.

    A power of two, so that the division is exact: the first at or above the last round's summed weight, which no
    hospital can exceed while the hospitals stay as they are, or the largest possible weight where that is less; in the
    first round the latter. All hospitals know it, the server does not. A weight above it, as a newcomer's may be, is
    cut to it.

    Parameters
    ----------
    summed : of the last opened round, or None

    Examples
    --------
    >>> weight_range(WeightSettings(by="cases"), None), weight_range(WeightSettings(by="cases"), 300)
    (4096, 512)
    """
    wanted = most_weight(settings) if summed is None else max(1, min(summed, most_weight(settings)))
    return int(1 << (wanted - 1).bit_length())

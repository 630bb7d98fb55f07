"""The sizes of two groups in; the smallest drop of a proportion that a comparison of them would find out."""

from math import sqrt
from statistics import NormalDist

__all__ = ["detectable_drop", "power_of_difference"]


def power_of_difference(
    first: float, first_total: int, second: float, second_total: int, *, alpha: float = 0.05
) -> float:
    """Chance that Fisher's two-sided exact test finds that two independent proportions differ, approximately.

    Parameters
    ----------
    first, second : the true proportions, 0 to 1
    first_total, second_total : cases in each group, 1 or more
    alpha : of the test; divide by the number of tests where there are several

    References
    ----------
    Normal approximation with the pooled variance under equality and a correction for continuity, which stands for the
    caution of the exact test: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd
    edition, Wiley 2003, chapter 4.

    Examples
    --------
    >>> round(power_of_difference(0.9, 219, 0.8, 219), 2)
    0.8
    """
    pooled = (first * first_total + second * second_total) / (first_total + second_total)
    equal = sqrt(pooled * (1 - pooled) * (1 / first_total + 1 / second_total))
    true = sqrt(first * (1 - first) / first_total + second * (1 - second) / second_total)
    correction = (1 / first_total + 1 / second_total) / 2
    beyond = abs(first - second) - correction - NormalDist().inv_cdf(1 - alpha / 2) * equal
    if true == 0:
        return 1.0 if beyond > 0 else 0.0
    return NormalDist().cdf(beyond / true)


def detectable_drop(
    reference: float, group_total: int, rest_total: int, *, alpha: float = 0.05, power: float = 0.8
) -> float | None:
    """Smallest drop below the rest's proportion that a comparison with a group of this size would probably find.

    Parameters
    ----------
    reference : proportion in the rest, 0 to 1
    group_total, rest_total : cases in the group and the rest, 1 or more
    alpha, power : of the comparison

    Returns
    -------
    To two digits; None where not even a drop to 0 would be found.

    Raises
    ------
    ValueError
        If a number is none of these.

    Examples
    --------
    >>> detectable_drop(0.9, 220, 220)
    0.1
    """
    if not (0 <= reference <= 1 and 0 < alpha < 1 and 0 < power < 1) or min(group_total, rest_total) < 1:
        raise ValueError(
            f"need shares from 0 to 1 and groups of 1 or more, got {reference}, {group_total}, {rest_total}"
        )
    steps = int(reference * 100)
    for step in range(1, steps + 1):
        drop = step / 100
        if power_of_difference(reference, rest_total, reference - drop, group_total, alpha=alpha) >= power:
            return drop
    return None

"""The p of several tests in; p adjusted for their number out."""

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p: Sequence[float]) -> list[float]:
    """Adjust p by Holm's method: the chance of any false finding among all tests stays what it is for one.

    Parameters
    ----------
    p : of each test, 0 to 1

    Returns
    -------
    Adjusted p, in the same order.

    Raises
    ------
    ValueError
        If a p is none.

    References
    ----------
    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979) 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    if any(not 0 <= one <= 1 for one in p):
        raise ValueError(f"need p from 0 to 1, got {list(p)}")
    adjusted, reached = [0.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        reached = max(reached, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = reached
    return adjusted

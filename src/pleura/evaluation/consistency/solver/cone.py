"""Linear conditions in whole numbers in; whether anything meets them, and between what a ratio may lie, out; exact.

The unknowns are never negative. All x that meet the conditions make a cone; it is kept as its extreme rays, and a
condition at a time cuts it (the double description method). Whole numbers throughout: nothing is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

__all__ = ["Cone", "Row", "cut"]

Vector = tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """The condition that coefficients times unknowns is 0 or more; above 0 where strict."""

    of: Vector
    strict: bool = False


@dataclass(frozen=True)
class Cone:
    """Extreme rays of all that meets the conditions; none: nothing does."""

    rays: tuple[Vector, ...]

    def ratio(self, above: Vector, below: Vector) -> tuple[Fraction | None, Fraction | None] | None:
        """Give the least and greatest value of one sum over another, neither ever negative.

        Returns
        -------
        Least, greatest; None in place of one that has no bound. None altogether where the lower sum is always 0.
        """
        values = []
        endless = False
        for ray in self.rays:
            top, bottom = _dot(above, ray), _dot(below, ray)
            if bottom > 0:
                values.append(Fraction(top, bottom))
            elif top > 0:
                endless = True
        if not values:
            return None
        return min(values), None if endless else max(values)


def cut(size: int, rows: Iterable[Row]) -> Cone:
    """Give the cone of all x, none of its numbers negative, that meet the conditions.

    Parameters
    ----------
    size : number of unknowns
    rows : conditions, each with so many coefficients

    References
    ----------
    T. S. Motzkin, H. Raiffa, G. L. Thompson, R. M. Thrall, The double description method, in Contributions to the
    Theory of Games II, Princeton University Press 1953, 51-73.

    Examples
    --------
    >>> cone = cut(2, [Row((1, -1)), Row((-1, 2))])  # y <= x <= 2 y
    >>> cone.ratio((1, 0), (0, 1))
    (Fraction(1, 1), Fraction(2, 1))
    >>> cut(2, [Row((1, -2)), Row((-1, 1), strict=True)]).rays  # x >= 2 y and y > x
    ()
    """
    every = (1 << size) - 1
    rays = [(_unit(size, index), every & ~(1 << index)) for index in range(size)]
    held = list(rows)
    strict = [row.of for row in held if row.strict]
    for number, row in enumerate(dict.fromkeys(row.of for row in held), start=size):
        rays = _cut_once(rays, row, 1 << number)
        if not rays:
            return Cone(())
    found = tuple(ray for ray, _ in rays)
    # The sum of all rays meets a strict condition if any ray does; if none does, nothing can.
    if not all(any(_dot(row, ray) > 0 for ray in found) for row in strict):
        return Cone(())
    return Cone(found)


def _cut_once(rays: Sequence[tuple[Vector, int]], row: Vector, bit: int) -> list[tuple[Vector, int]]:
    """Cut by one condition; with each ray goes a set, as bits, of the conditions that it meets with equality."""
    sides = [(ray, met, _dot(row, ray)) for ray, met in rays]
    kept = [(ray, met | bit if side == 0 else met) for ray, met, side in sides if side >= 0]
    for ahead, met_ahead, plus in sides:
        if plus <= 0:
            continue
        for behind, met_behind, minus in sides:
            if minus >= 0:
                continue
            shared = met_ahead & met_behind
            if any(shared & ~met == 0 for ray, met, _ in sides if ray is not ahead and ray is not behind):
                continue  # not next to each other: what lies between them is no edge
            between = [plus * b - minus * a for a, b in zip(ahead, behind, strict=True)]
            divisor = gcd(*between)
            kept.append((tuple(x // divisor for x in between), shared | bit))
    return kept


def _unit(size: int, index: int) -> Vector:
    return tuple(int(place == index) for place in range(size))


def _dot(a: Vector, b: Vector) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))

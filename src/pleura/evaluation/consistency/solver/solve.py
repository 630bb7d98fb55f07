"""Claims about one two-by-two table in; whether they can all be true, and what one may be given the others, out.

Three steps, each exact. First the cells may be any numbers, not only whole ones: a cone of them is left, or nothing.
Then what must be whole is rounded inwards: counts, and the upper part of a measure whose lower part is known. Where the
numbers of cases are bounded, tables of whole numbers are looked for at last. Without a bound the second step's answer
stands, and is right but for tables that only an unreported number of cases could rule out.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, inf

from pleura.evaluation.consistency.printed import Range, Reading
from pleura.evaluation.consistency.solver.claims import Claim
from pleura.evaluation.consistency.solver.cone import Cone, Row, Vector, cut
from pleura.evaluation.consistency.solver.measures import (
    CASES,
    CHANCE_CORRECTED,
    COUNTS,
    MEASURES,
    NEGATIVES,
    ONE,
    POSITIVES,
    RATES,
    Ratio,
    between,
    cohens_kappa,
)
from pleura.evaluation.consistency.solver.tables import Answer, find_table

__all__ = ["attainable", "narrowed", "possible", "share_of"]

AS_RATES = {
    "sensitivity": Ratio((1, 0, 0), (0, 0, 1)),
    "specificity": Ratio((0, 1, 0), (0, 0, 1)),
    "false_negative_rate": Ratio((-1, 0, 1), (0, 0, 1)),
    "false_positive_rate": Ratio((0, -1, 1), (0, 0, 1)),
    **RATES,
}
"""Measures of sensitivity, specificity and 1."""
ROUNDS = 4
"""Of rounding inwards at most; each is sound, and more are rarely needed."""
PAIRS = 20_000
"""Pairs of numbers of positive and negative cases up to which tables are looked for."""


def possible(claims: Sequence[Claim], reading: Reading = Reading.ROUNDED) -> bool:
    """Whether all claims can be true of one table; true also where there are too many tables to try."""
    cone, rows = narrowed(claims, reading)
    if not cone.rays:
        return False
    rates = [claim for claim in claims if claim.measure in RATES]
    if rates and not _rates_cone(claims, reading, cone).rays:
        return False
    spans = [_whole(cone, of) for of in (POSITIVES, NEGATIVES, CASES)]
    if any(span is None for span in spans):
        return True
    positives, negatives, cases = (span for span in spans if span is not None)

    def rows_of(p: int, n: int) -> list[Row]:
        here = list(rows)
        for claim in claims:
            here += _rows_for(claim, reading, p, n)
        return here

    return find_table(positives, negatives, cases, rows_of, budget=PAIRS) is not Answer.NO


def narrowed(claims: Sequence[Claim], reading: Reading = Reading.ROUNDED) -> tuple[Cone, list[Row]]:
    """Give the cone of cells that the claims leave, after rounding inwards, and the conditions that bound it."""
    rows = [Row(ONE, strict=True)]
    for claim in claims:
        rows += claim.rows(reading)
    if any(claim.measure in RATES for claim in claims):
        rates = _rates_cone(claims, reading)
        if not rates.rays:
            return rates, rows
        for name in ("sensitivity", "specificity"):
            low, high = _between(rates, AS_RATES[name])
            rows += between(MEASURES[name], low, high)
    cone = cut(len(ONE), rows)
    for _ in range(ROUNDS):
        more = [row for row in _rounded(cone, claims, reading) if row not in rows]
        if not cone.rays or not more:
            break
        rows += more
        cone = cut(len(ONE), rows)
    return cone, rows


def attainable(claim: Claim, others: Sequence[Claim], reading: Reading = Reading.ROUNDED) -> Range | None:
    """Between what a measure lies if the other claims are true; None where they say nothing of it.

    Where the number of cases that it is a share of is known, the ends are shares of whole numbers.
    """
    if claim.measure is None or claim.measure in CHANCE_CORRECTED:
        return None
    if claim.measure in RATES:
        cone, ratio = _rates_cone(others, reading), RATES[claim.measure]
    else:
        cone, ratio = narrowed(others, reading)[0], MEASURES[claim.measure]
    found = cone.ratio(ratio.above, ratio.below)
    if found is None or found[0] is None or found[1] is None:
        return None
    low, high = found[0], found[1]
    total = None if claim.measure in RATES else _denominator(cone, ratio)
    if total is not None and total > 0:
        low, high = Fraction(ceil(low * total), total), Fraction(floor(high * total), total)
    return Range(low, high)


def share_of(claim: Claim, others: Sequence[Claim], reading: Reading = Reading.ROUNDED) -> int | None:
    """Give the number of cases that a measure is a share of, where it is one and the other claims leave only one."""
    if claim.measure not in MEASURES:
        return None
    return _denominator(narrowed(others, reading)[0], MEASURES[claim.measure])


def _denominator(cone: Cone, ratio: Ratio) -> int | None:
    found = cone.ratio(ratio.below, ONE)
    if found is None or found[0] is None or found[0] != found[1] or found[0].denominator > 1:
        return None
    return int(found[0])


def _rounded(cone: Cone, claims: Sequence[Claim], reading: Reading) -> list[Row]:
    rows = []
    for of in COUNTS.values():
        found = cone.ratio(of, ONE)
        if found is None:
            return []
        rows += _bounds(of, -inf if found[0] is None else ceil(found[0]), inf if found[1] is None else floor(found[1]))
    for claim in claims:
        if claim.printed is None or claim.measure not in MEASURES:
            continue
        ratio = MEASURES[claim.measure]
        total = _denominator(cone, ratio)
        if total is None:
            continue
        span = claim.printed.range(reading)
        low, high = ceil(span.low * total), floor(span.high * total)
        low += span.low_open and low == span.low * total
        high -= span.high_open and high == span.high * total
        rows += _bounds(ratio.above, low, high)
    return rows


def _bounds(of: Vector, low: float, high: float) -> list[Row]:
    """Conditions for a sum to lie between whole numbers; an infinite one is none, nor is 0 below."""
    rows = []
    if low > 0:
        rows.append(Row((*of[:-1], of[-1] - int(low))))
    if high < inf:
        rows.append(Row((*(-x for x in of[:-1]), int(high) - of[-1])))
    return rows


def _whole(cone: Cone, of: Vector) -> range | None:
    found = cone.ratio(of, ONE)
    if found is None or found[0] is None or found[1] is None:
        return None
    return range(ceil(found[0]), floor(found[1]) + 1)


def _rates_cone(claims: Sequence[Claim], reading: Reading, cells: Cone | None = None) -> Cone:
    """Cut sensitivity, specificity and 1, whatever the numbers of cases; with what a cone of cells says of them."""
    rows = [Row((0, 0, 1), strict=True), Row((-1, 0, 1)), Row((0, -1, 1))]
    for claim in claims:
        if claim.printed is not None and claim.measure in AS_RATES:
            span = claim.printed.range(reading)
            ends = {"low_open": span.low_open, "high_open": span.high_open}
            rows += between(AS_RATES[claim.measure], span.low, span.high, **ends)
    for name in ("sensitivity", "specificity") if cells is not None else ():
        low, high = _between(cells, MEASURES[name])
        rows += between(AS_RATES[name], low, high)
    return cut(3, rows)


def _between(cone: Cone | None, ratio: Ratio) -> tuple[Fraction, Fraction]:
    """Between what a share lies: 0 and 1 where nothing is known."""
    found = None if cone is None else cone.ratio(ratio.above, ratio.below)
    low, high = (None, None) if found is None else found
    return Fraction(0) if low is None else low, Fraction(1) if high is None else high


def _rows_for(claim: Claim, reading: Reading, p: int, n: int) -> list[Row]:
    """Give conditions of a measure that is a ratio of sums only for given numbers of positive and negative cases."""
    if claim.printed is None or (claim.measure not in RATES and claim.measure not in CHANCE_CORRECTED):
        return []
    span = claim.printed.range(reading)
    ends = {"low_open": span.low_open, "high_open": span.high_open}
    if claim.measure in CHANCE_CORRECTED:
        return between(cohens_kappa(p, n), span.low, span.high, **ends)

    def on_cells(of: Vector) -> Vector:
        return (of[0] * n, 0, 0, of[1] * p, of[2] * p * n)

    ratio = RATES[claim.measure]
    # That there are both kinds of cases, without which none of these measures is defined.
    both = [Row(POSITIVES, strict=True), Row(NEGATIVES, strict=True)]
    return both + between(Ratio(on_cells(ratio.above), on_cells(ratio.below)), span.low, span.high, **ends)

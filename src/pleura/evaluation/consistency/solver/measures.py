"""The name of a measure or count in; how it comes from the four cells of a two-by-two table out.

Cells are true positives, false negatives, false positives and true negatives, in this order, and after them stands 1: a
sum of these, each times a whole number, is written as five coefficients.
"""

from dataclasses import dataclass
from fractions import Fraction

from pleura.evaluation.consistency.solver.cone import Row, Vector

__all__ = [
    "ALIASES",
    "CASES",
    "CHANCE_CORRECTED",
    "COUNTS",
    "MEASURES",
    "NEGATIVES",
    "ONE",
    "POSITIVES",
    "RATES",
    "Ratio",
    "Vector",
    "between",
    "cohens_kappa",
]

ONE = (0, 0, 0, 0, 1)
POSITIVES = (1, 1, 0, 0, 0)
NEGATIVES = (0, 0, 1, 1, 0)
CASES = (1, 1, 1, 1, 0)

COUNTS: dict[str, Vector] = {
    "true_positives": (1, 0, 0, 0, 0),
    "false_negatives": (0, 1, 0, 0, 0),
    "false_positives": (0, 0, 1, 0, 0),
    "true_negatives": (0, 0, 0, 1, 0),
    "positives": POSITIVES,
    "negatives": NEGATIVES,
    "called_positive": (1, 0, 1, 0, 0),
    "called_negative": (0, 1, 0, 1, 0),
    "cases": CASES,
}
"""What counts of cases are sums of."""


@dataclass(frozen=True)
class Ratio:
    """A measure: one sum over another, neither ever negative."""

    above: Vector
    below: Vector


MEASURES: dict[str, Ratio] = {
    "sensitivity": Ratio((1, 0, 0, 0, 0), POSITIVES),
    "specificity": Ratio((0, 0, 0, 1, 0), NEGATIVES),
    "false_negative_rate": Ratio((0, 1, 0, 0, 0), POSITIVES),
    "false_positive_rate": Ratio((0, 0, 1, 0, 0), NEGATIVES),
    "accuracy": Ratio((1, 0, 0, 1, 0), CASES),
    "error_rate": Ratio((0, 1, 1, 0, 0), CASES),
    "prevalence": Ratio(POSITIVES, CASES),
    "ppv": Ratio((1, 0, 0, 0, 0), (1, 0, 1, 0, 0)),
    "npv": Ratio((0, 0, 0, 1, 0), (0, 1, 0, 1, 0)),
    "f1": Ratio((2, 0, 0, 0, 0), (2, 1, 1, 0, 0)),
    "jaccard": Ratio((1, 0, 0, 0, 0), (1, 1, 1, 0, 0)),
}
"""Measures of the cells, whatever the numbers of positive and negative cases."""

RATES: dict[str, Ratio] = {
    "balanced_accuracy": Ratio((1, 1, 0), (0, 0, 2)),
    "youden": Ratio((1, 1, -1), (0, 0, 1)),
    "positive_likelihood_ratio": Ratio((1, 0, 0), (0, -1, 1)),
    "negative_likelihood_ratio": Ratio((-1, 0, 1), (0, 1, 0)),
}
"""Measures of sensitivity, specificity and 1 alone: coefficients of these three."""

CHANCE_CORRECTED = ("kappa",)
"""Measures of the cells that are ratios of sums only for given numbers of positive and negative cases."""


def cohens_kappa(positives: int, negatives: int) -> Ratio:
    """Give Cohen's kappa between answer and truth as a ratio for given numbers of cases.

    Observed agreement over what chance leaves: with n cases, of which c are called positive, chance agrees in
    (positives * c + negatives * (n - c)) / n^2.

    Parameters
    ----------
    positives, negatives : numbers of cases by truth

    References
    ----------
    J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960) 37-46.
    """
    p, n = positives, negatives
    cases = p + n
    by_chance = (p, n, p, n, 0)  # true and false positives are called positive, the others negative
    observed = (cases, 0, 0, cases, 0)
    above = tuple(a - b for a, b in zip(observed, by_chance, strict=True))
    return Ratio(above, tuple(a - b for a, b in zip((0, 0, 0, 0, cases * cases), by_chance, strict=True)))


ALIASES = {
    "recall": "sensitivity",
    "precision": "ppv",
    "tp": "true_positives",
    "fn": "false_negatives",
    "fp": "false_positives",
    "tn": "true_negatives",
    "dice": "f1",
}
"""Other names for the same."""


def between(
    ratio: Ratio, low: Fraction, high: Fraction, *, low_open: bool = False, high_open: bool = False
) -> list[Row]:
    """Conditions for a ratio to lie between two numbers, and for its lower part to be above 0.

    Examples
    --------
    >>> between(MEASURES["sensitivity"], Fraction(1, 2), Fraction(1))[0].of
    (1, -1, 0, 0, 0)
    """
    return [
        Row(_less(ratio.above, ratio.below, low), strict=low_open),
        Row(tuple(-x for x in _less(ratio.above, ratio.below, high)), strict=high_open),
        Row(ratio.below, strict=True),
    ]


def _less(above: Vector, below: Vector, share: Fraction) -> Vector:
    return tuple(share.denominator * a - share.numerator * b for a, b in zip(above, below, strict=True))

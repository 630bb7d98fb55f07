"""An AUC as printed, with sensitivity, specificity and numbers of cases, in; what does not fit out."""

from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from pleura.evaluation.consistency.finding import Finding, Level, show
from pleura.evaluation.consistency.printed import Measure, Printed, Range, Reading
from pleura.evaluation.planning.sample_size import auc_variance

__all__ = ["check_area", "hanley_mcneil"]

BELOW_CHORDS = Fraction(1, 10)
"""By how much an AUC may lie below the area under two straight lines through the operating point before it is called
unlikely. On simulated scores, few cases and the best of all points, up to 0.08 was seen."""
NARROW = 0.3
"""Of Hanley and McNeil's standard error. DeLong's was down to 0.39 of it on simulated scores of unequal spread."""
WIDE = 1.25
"""Of the greatest standard error that there is."""


def check_area(
    where: str,
    auc: Measure,
    *,
    sensitivity: Printed | None = None,
    specificity: Printed | None = None,
    cases: tuple[int, int] | None = None,
    runs: int = 1,
    confidence: float = 0.95,
) -> list[Finding]:
    """Hold an AUC against its range, a point of its curve, and its numbers of cases.

    Parameters
    ----------
    where : the test's name
    auc : as printed
    sensitivity, specificity : one point of the curve
    cases : numbers of positive and negative cases
    runs : all are means over so many runs
    confidence : of the interval
    """
    findings = []
    if auc.value is not None:
        span = auc.value.range()
        if span.high < 0 or span.low > 1:
            findings.append(
                Finding(Level.CONTRADICTION, "an AUC lies between 0 and 1", where, (f"AUC {auc.value.text}",), "")
            )
        if sensitivity is not None and specificity is not None:
            findings += _check_point(where, auc.value, sensitivity, specificity, runs)
    if cases is not None and min(cases) > 0:
        findings += _check_width(where, auc, cases, confidence)
    return findings


def _check_point(where: str, auc: Printed, sensitivity: Printed, specificity: Printed, runs: int) -> list[Finding]:
    """Hold the area of a curve that never falls between those of the two rectangles that its point gives."""
    se, sp, area = (one.range(Reading.TIES_DOWN) for one in (sensitivity, specificity, auc))
    texts = (f"AUC {auc.text}", f"sensitivity {sensitivity.text}", f"specificity {specificity.text}")
    # A mean over runs may leave the rectangles a little: the product of means is not the mean of products.
    level = Level.CONTRADICTION if runs == 1 else Level.UNLIKELY
    rule = "a ROC curve through this point never falls"
    least, most = se.low * sp.low, 1 - (1 - se.high) * (1 - sp.high)
    if area.high < least:
        return [Finding(level, rule, where, texts, f"Expected: an AUC of at least {show(least, auc)}.")]
    if area.low > most:
        return [Finding(level, rule, where, texts, f"Expected: an AUC of at most {show(most, auc)}.")]
    chords = (se.low + sp.low) / 2
    if area.high < chords:
        level = Level.UNLIKELY if chords - area.high > BELOW_CHORDS else Level.NOTE
        expected = f"Expected: an AUC of at least {show(chords, auc)}, unless the curve bends inwards."
        return [
            Finding(level, "a ROC curve seldom lies below two straight lines through its point", where, texts, expected)
        ]
    return []


def _check_width(where: str, auc: Measure, cases: tuple[int, int], confidence: float) -> list[Finding]:
    if auc.interval is None or auc.value is None:
        return []
    low, high = auc.interval
    texts = (f"AUC {auc.value.text} of {cases[0]} and {cases[1]} cases", f"interval {low.text} to {high.text}")
    rule = "an interval has a width for its numbers of cases"
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    widest = float(high.range(Reading.TIES_DOWN).high - low.range(Reading.TIES_DOWN).low)
    narrowest = float(high.range(Reading.TIES_DOWN).low - low.range(Reading.TIES_DOWN).high)
    if high.value >= 1:  # cut off there: the lower half says how wide it was
        widest = max(widest, 2 * float(auc.value.range(Reading.TIES_DOWN).high - low.range(Reading.TIES_DOWN).low))
    areas = _inside(auc.value.range(Reading.TIES_DOWN))
    usual = 2 * z * min(hanley_mcneil(area, *cases) for area in areas)
    most = 2 * z * max(sqrt(area * (1 - area) / min(cases)) for area in areas)
    if widest < NARROW * usual:
        expected = (
            f"Expected: a width of about {usual:.2g} for so few cases; an interval over training runs, or over slices, "
            f"looks like this and says nothing of other patients."
        )
        return [Finding(Level.UNLIKELY, rule, where, texts, expected)]
    if narrowest > WIDE * most:
        expected = f"Expected: a width of at most {most:.2g}, unless several cases are of one patient."
        return [Finding(Level.NOTE, rule, where, texts, expected)]
    return []


def hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    """Give the usual standard error of an AUC from the area and the numbers of cases alone.

    References
    ----------
    J. A. Hanley, B. J. McNeil, The meaning and use of the area under a receiver operating characteristic (ROC) curve,
    Radiology 143 (1982) 29-36.

    Examples
    --------
    >>> round(hanley_mcneil(0.893, 51, 58), 4)  # by hand: the root of 0.0010572
    0.0325
    """
    return sqrt(max(0.0, auc_variance(area, positives, negatives)))


def _inside(span: Range) -> list[float]:
    return sorted({min(1.0, max(0.0, float(end))) for end in (span.low, span.high)})

"""A proportion's or AUC's printed interval in; what is wrong with it, alone and for the number of cases, out."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, sqrt
from statistics import NormalDist

from scipy.special import betaincinv

from pleura.evaluation.consistency.finding import Finding, Level, show_range
from pleura.evaluation.consistency.printed import Measure, Printed, Range, Reading
from pleura.evaluation.intervals.proportions import wilson

__all__ = ["METHODS", "check_ends", "check_proportion"]

Ends = tuple[float, float]
NARROW = 0.75
"""Below this share of the narrowest usual interval one is called too narrow; a bootstrap scatters by less."""
WIDE = 1.5
"""Above this multiple of the widest usual interval one is called wide."""
SLACK = 1
"""Steps of the last digit by which an end may differ from the method's."""
MOST = 400
"""Numbers of hits that are tried for a printed proportion; with more, intervals hardly differ between them."""


def _wilson(hits: int, total: int, confidence: float) -> Ends:
    found = wilson(hits, total, confidence=confidence)
    return found.low, found.high


def _wald(hits: int, total: int, confidence: float) -> Ends:
    share = hits / total
    half = _z(confidence) * sqrt(share * (1 - share) / total)
    return share - half, share + half


def _exact(hits: int, total: int, confidence: float) -> Ends:
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, total - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, total - hits, 1 - tail)) if hits < total else 1.0
    return low, high


def _agresti_coull(hits: int, total: int, confidence: float) -> Ends:
    z = _z(confidence)
    cases = total + z * z
    share = (hits + z * z / 2) / cases
    half = z * sqrt(share * (1 - share) / cases)
    return share - half, share + half


def _jeffreys(hits: int, total: int, confidence: float) -> Ends:
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits + 0.5, total - hits + 0.5, tail)) if hits else 0.0
    high = float(betaincinv(hits + 0.5, total - hits + 0.5, 1 - tail)) if hits < total else 1.0
    return low, high


METHODS: dict[str, Callable[[int, int, float], Ends]] = {
    "wilson": _wilson,
    "clopper-pearson": _exact,
    "wald": _wald,
    "agresti-coull": _agresti_coull,
    "jeffreys": _jeffreys,
}
"""Usual intervals of a proportion. L. D. Brown, T. T. Cai, A. DasGupta, Interval estimation for a binomial proportion,
Statistical Science 16 (2001) 101-133."""


def check_ends(where: str, name: str, measure: Measure, *, share: bool = True) -> list[Finding]:
    """Check an interval by itself: its ends are in order, its estimate lies in it, and a share's ends in 0 to 1.

    Parameters
    ----------
    where : the test's name
    name : of the measure
    measure : as printed
    share : it lies between 0 and 1
    """
    if measure.interval is None:
        return []
    low, high = measure.interval
    texts = (f"{name} {measure.value.text}" if measure.value else name, f"interval {low.text} to {high.text}")
    if low.value > high.value:
        return [Finding(Level.CONTRADICTION, "an interval begins at its lower end", where, texts, "Swap the ends?")]
    findings = []
    if measure.value is not None:
        level = _outside(measure.value, low, high)
        if level is not None:
            rule = "an interval holds its estimate"
            expected = f"Expected: an estimate from {low.text} to {high.text}, or another interval."
            findings.append(Finding(level, rule, where, texts, expected))
    if share and (low.value < 0 or high.value > 1):
        rule = "an interval of a share ends at 0 and 1"
        expected = "A Wald interval runs over; cut it there, or use Wilson's."
        findings.append(Finding(Level.NOTE, rule, where, texts, expected))
    return findings


def _outside(value: Printed, low: Printed, high: Printed) -> Level | None:
    def apart(reading: Reading) -> bool:
        return value.range(reading).below(low.range(reading)) or high.range(reading).below(value.range(reading))

    if not apart(Reading.ROUNDED):
        return None
    return Level.CONTRADICTION if apart(Reading.TIES_DOWN) and apart(Reading.CUT_OFF) else Level.UNLIKELY


def check_proportion(
    where: str,
    name: str,
    measure: Measure,
    totals: tuple[int, int],
    *,
    method: str | None = None,
    confidence: float = 0.95,
) -> list[Finding]:
    """Hold an interval against those that the usual methods give for its number of cases.

    Parameters
    ----------
    where, name, measure : as in `check_ends`; the measure has an interval, and a value or counts
    totals : the least and greatest number of cases that it may be a share of, at least 1
    method : what the interval is said to be, a name in `METHODS`; only with a single number of cases
    confidence : of the interval
    """
    if measure.interval is None or (measure.value is None and measure.counts is None):
        return []
    low, high = measure.interval
    text = measure.value.text if measure.value else f"{measure.counts[0]}/{measure.counts[1]}" if measure.counts else ""
    of = f"of {totals[0]}" if totals[0] == totals[1] else f"of at most {totals[1]}"
    texts = (f"{name} {text} {of}", f"interval {low.text} to {high.text}")
    every = {
        one: [call(hits, total, confidence) for hits, total in _hits(measure, totals)] for one, call in METHODS.items()
    }
    if method is not None and totals[0] == totals[1]:
        if any(_matches(ends, low, high) for ends in every[method]):
            return []
        ends = every[method][len(every[method]) // 2]
        fitting = [one for one, found in every.items() if any(_matches(each, low, high) for each in found)]
        expected = f"Expected: {_show(ends, low)}." + (f" It is a {fitting[0]} interval." if fitting else "")
        return [Finding(Level.CONTRADICTION, f"an interval by {method} follows from counts", where, texts, expected)]
    if any(_matches(ends, low, high) for found in every.values() for ends in found):
        return []
    widths = [ends[1] - ends[0] for found in every.values() for ends in found if ends[0] < ends[1]]
    widest = float(high.range(Reading.TIES_DOWN).high - low.range(Reading.TIES_DOWN).low)
    if widest < NARROW * min(widths):
        expected = (
            f"Expected: a width of {min(widths):.3g} or more for so few cases; an interval over training runs, or over "
            f"slices, looks like this and says nothing of other patients."
        )
        return [Finding(Level.UNLIKELY, "an interval has a width for its number of cases", where, texts, expected)]
    narrowest = float(high.range(Reading.TIES_DOWN).low - low.range(Reading.TIES_DOWN).high)
    if totals[0] == totals[1] and narrowest > WIDE * max(widths):
        expected = f"Expected: a width of {max(widths):.3g} or less, unless several cases are of one patient."
        return [Finding(Level.NOTE, "an interval has a width for its number of cases", where, texts, expected)]
    return []


def _hits(measure: Measure, totals: tuple[int, int]) -> list[tuple[int, int]]:
    """Hits and total that may be behind a printed share; at both ends of what the total may be."""
    if measure.counts is not None:
        return [measure.counts]
    assert measure.value is not None
    span: Range = measure.value.range(Reading.TIES_DOWN)
    found = []
    for total in sorted(set(totals)):
        first, last = max(0, ceil(span.low * total)), min(total, floor(span.high * total))
        if first > last:  # no whole number: another rule says so
            first = last = min(total, max(0, round(measure.value.value * total)))
        step = max(1, (last - first) // MOST)
        found += [(hits, total) for hits in [*range(first, last, step), last]]
    return found


def _matches(ends: Ends, low: Printed, high: Printed) -> bool:
    def close(end: float, printed: Printed) -> bool:
        reach = printed.unit / 2 + SLACK * printed.unit
        return abs(Fraction(min(1.0, max(0.0, end))) - min(Fraction(1), max(Fraction(0), printed.value))) <= reach

    return close(ends[0], low) and close(ends[1], high)


def _show(ends: Ends, like: Printed) -> str:
    return show_range(Range(Fraction(ends[0]), Fraction(ends[1])), like)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)

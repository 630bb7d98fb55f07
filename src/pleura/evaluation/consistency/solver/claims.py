"""What is reported of one diagnostic test in; the claims that it makes of the cells of its two-by-two table out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pleura.evaluation.consistency.printed import Measure, Printed, Reading
from pleura.evaluation.consistency.solver.cone import Row, Vector
from pleura.evaluation.consistency.solver.measures import COUNTS, MEASURES, between

__all__ = ["FIXED", "Claim", "Test", "claims_of", "measure_claim"]

FIXED = (
    "sensitivity",
    "specificity",
    "false_negative_rate",
    "false_positive_rate",
    "accuracy",
    "error_rate",
    "prevalence",
)
"""Measures whose mean over several runs on the same cases is the measure of all runs' answers counted together."""


@dataclass(frozen=True)
class Test:
    """All that is reported of one test on one set of cases."""

    name: str
    counts: Mapping[str, int] = field(default_factory=dict)
    """Names in `COUNTS`."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """Names in `MEASURES`, `RATES` and `CHANCE_CORRECTED`."""
    auc: Measure | None = None
    cases_at_most: int | None = None
    """Where the number of cases is not told, but that there are not more than so many."""
    runs: int = 1
    """Numbers are means over so many runs on the same cases."""
    method: str | None = None
    """Of intervals of proportions."""
    confidence: float = 0.95


@dataclass(frozen=True)
class Claim:
    """One reported number and what it says of the cells."""

    name: str
    text: str
    """Name and number, for a reader."""
    rows: Callable[[Reading], list[Row]]
    """Conditions on the five of `measures`; none for a measure that is not in `MEASURES`."""
    measure: str | None = None
    """In `MEASURES`, `RATES` or `CHANCE_CORRECTED`; None for a count."""
    printed: Printed | None = None


def claims_of(test: Test) -> list[Claim]:
    """Give every claim once: counts first, then measures as they come."""
    claims = [_count(name, number, test.runs) for name, number in test.counts.items()]
    if test.cases_at_most is not None:
        most = test.cases_at_most * test.runs
        row = Row((-1, -1, -1, -1, most))
        claims.append(Claim("cases_at_most", f"at most {test.cases_at_most} cases", lambda _reading: [row]))
    for name, measure in test.measures.items():
        if measure.counts is not None:
            claims.append(_fraction(name, measure.counts, test.runs))
        if measure.value is not None and (test.runs == 1 or name in FIXED):
            claims.append(measure_claim(name, measure.value))
    return claims


def _count(name: str, number: int, runs: int) -> Claim:
    rows = _equal(COUNTS[name], number * runs)
    return Claim(name, f"{_words(name)} {number}", lambda _reading: rows)


def _fraction(name: str, counts: tuple[int, int], runs: int) -> Claim:
    hits, total = counts
    rows = _equal(MEASURES[name].above, hits * runs) + _equal(MEASURES[name].below, total * runs)
    return Claim(f"{name} as counts", f"{_words(name)} {hits}/{total}", lambda _reading: rows)


def measure_claim(name: str, printed: Printed) -> Claim:
    """Give what a printed measure says of the cells."""

    def rows(reading: Reading) -> list[Row]:
        if name not in MEASURES:
            return []
        span = printed.range(reading)
        return between(MEASURES[name], span.low, span.high, low_open=span.low_open, high_open=span.high_open)

    return Claim(name, f"{_words(name)} {printed.text}", rows, name, printed)


def _equal(of: Vector, number: int) -> list[Row]:
    """Conditions for a sum of cells to be a number."""
    row = (*of[:-1], -number)
    return [Row(row), Row(tuple(-x for x in row))]


def _words(name: str) -> str:
    return {"ppv": "PPV", "npv": "NPV", "f1": "F1"}.get(name, name.replace("_", " "))

"""Intervals of proportions: the methods against SciPy's, and what is said of printed ones."""

import pytest
from scipy.stats import beta, binomtest

from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.printed import parse_measure
from pleura.evaluation.consistency.rules.intervals import METHODS, check_ends, check_proportion


@pytest.mark.parametrize(("hits", "total"), [(0, 12), (3, 12), (12, 12), (78, 80), (143, 160)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_methods(hits: int, total: int, confidence: float) -> None:
    for ours, theirs in (("wilson", "wilson"), ("clopper-pearson", "exact")):
        interval = binomtest(hits, total).proportion_ci(confidence, method=theirs)
        assert METHODS[ours](hits, total, confidence) == pytest.approx((interval.low, interval.high), abs=1e-12)
    low, high = METHODS["jeffreys"](hits, total, confidence)
    tail = (1 - confidence) / 2
    posterior = beta(hits + 0.5, total - hits + 0.5)
    assert low == pytest.approx(posterior.ppf(tail) if hits else 0, abs=1e-12)
    assert high == pytest.approx(posterior.ppf(1 - tail) if hits < total else 1, abs=1e-12)


def test_simple_methods_by_hand() -> None:
    # 0.5 +- 1.959964 * sqrt(0.25 / 100); and with two hits and two misses more, nearly.
    assert METHODS["wald"](50, 100, 0.95) == pytest.approx((0.4020018, 0.5979982), abs=1e-7)
    low, high = METHODS["agresti-coull"](0, 10, 0.95)
    z2 = 3.841459
    assert (low + high) / 2 == pytest.approx((z2 / 2) / (10 + z2), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("0.95 (0.97-0.98)", [Level.CONTRADICTION]),
        ("0.98 (0.97-0.98)", []),
        ("0.98 (0.985-0.99)", []),  # 0.98 may be 0.985
        ("0.985 (0.95-0.98)", []),
        ("0.97 (0.98-0.95)", [Level.CONTRADICTION]),
        ("0.97 (0.94-1.01)", [Level.NOTE]),
        ("0.97", []),
    ],
)
def test_an_interval_by_itself(text: str, levels: list[Level]) -> None:
    assert [one.level for one in check_ends("t", "sensitivity", parse_measure(text))] == levels


@pytest.mark.parametrize("method", [*METHODS])
@pytest.mark.parametrize(("hits", "total"), [(78, 80), (17, 29), (374, 417)])
def test_the_method_named_is_the_method_used(method: str, hits: int, total: int) -> None:
    low, high = METHODS[method](hits, total, 0.95)
    measure = parse_measure(f"{hits / total:.3f} ({low:.3f}-{min(high, 1):.3f})")
    assert check_proportion("t", "sensitivity", measure, (total, total), method=method) == []
    assert check_proportion("t", "sensitivity", measure, (total, total)) == []
    wrong = parse_measure(f"{hits / total:.3f} ({low - 0.02:.3f}-{min(high, 1):.3f})")
    found = check_proportion("t", "sensitivity", wrong, (total, total), method=method)
    assert [one.level for one in found] == [Level.CONTRADICTION]


@pytest.mark.parametrize(
    ("text", "total", "levels"),
    [
        ("0.90 (0.89-0.91)", 50, [Level.UNLIKELY]),  # Wilson: 0.79 to 0.96
        ("0.90 (0.80-0.97)", 50, []),  # a bootstrap
        ("0.90 (0.60-1.00)", 50, [Level.NOTE]),
        ("1.00 (1.00-1.00)", 50, []),  # Wald's and the bootstrap's, of 50 of 50
    ],
)
def test_widths(text: str, total: int, levels: list[Level]) -> None:
    found = check_proportion("t", "sensitivity", parse_measure(text), (total, total))
    assert [one.level for one in found] == levels


def test_with_a_bound_on_the_cases_only_narrowness_is_judged() -> None:
    narrow, wide = parse_measure("0.90 (0.897-0.903)"), parse_measure("0.90 (0.60-1.00)")
    assert [one.level for one in check_proportion("t", "sensitivity", narrow, (1, 4000))] == [Level.UNLIKELY]
    assert check_proportion("t", "sensitivity", wide, (1, 4000)) == []

"""Whether claims can be true of one table, against trying every table."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pleura.evaluation.consistency.printed import Range, parse_measure
from pleura.evaluation.consistency.solver.claims import Test as Reported
from pleura.evaluation.consistency.solver.claims import claims_of
from pleura.evaluation.consistency.solver.measures import COUNTS, MEASURES, RATES
from pleura.evaluation.consistency.solver.solve import attainable, possible

NAMES = [*MEASURES, *RATES, "kappa"]


def _value(name: str, cells: tuple[int, int, int, int]) -> Fraction | None:
    """A measure by its own formula, not by the coefficients that the solver has."""
    tp, fn, fp, tn = cells
    positives, negatives, cases = tp + fn, fp + tn, sum(cells)
    if name in RATES:
        if not positives or not negatives:
            return None
        se, sp = Fraction(tp, positives), Fraction(tn, negatives)
        above_below = {
            "balanced_accuracy": (se + sp, Fraction(2)),
            "youden": (se + sp - 1, Fraction(1)),
            "positive_likelihood_ratio": (se, 1 - sp),
            "negative_likelihood_ratio": (1 - se, sp),
        }[name]
        return above_below[0] / above_below[1] if above_below[1] else None
    if name == "kappa":
        chance = Fraction(positives * (tp + fp) + negatives * (fn + tn), cases**2)
        return (Fraction(tp + tn, cases) - chance) / (1 - chance) if chance != 1 else None
    above, below = {
        "sensitivity": (tp, positives),
        "specificity": (tn, negatives),
        "false_negative_rate": (fn, positives),
        "false_positive_rate": (fp, negatives),
        "accuracy": (tp + tn, cases),
        "error_rate": (fp + fn, cases),
        "prevalence": (positives, cases),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "f1": (2 * tp, 2 * tp + fp + fn),
        "jaccard": (tp, tp + fp + fn),
    }[name]
    return Fraction(above, below) if below else None


def _tables(cases: int) -> Iterator[tuple[int, int, int, int]]:
    for positives in range(cases + 1):
        for tp in range(positives + 1):
            for tn in range(cases - positives + 1):
                yield tp, positives - tp, cases - positives - tn, tn


def _exists(cases: int, counts: dict[str, int], printed: dict[str, str]) -> bool:
    ranges = {name: parse_measure(text).value.range() for name, text in printed.items()}  # type: ignore[union-attr]
    for cells in _tables(cases):
        if any(sum(c * x for c, x in zip(COUNTS[name], cells, strict=False)) != n for name, n in counts.items()):
            continue
        values = {name: _value(name, cells) for name in printed}
        if all(one is not None and ranges[name].meets(Range(one, one)) for name, one in values.items()):
            return True
    return False


def _print(value: Fraction, decimals: int, rounding: str, steps: int = 0) -> str:
    unit = Decimal(1).scaleb(-decimals)
    return str((Decimal(value.numerator) / Decimal(value.denominator)).quantize(unit, rounding) + steps * unit)


@st.composite
def _reports(draw: st.DrawFn) -> tuple[int, dict[str, int], dict[str, str], bool]:
    cases = draw(st.integers(4, 22))
    cells = draw(st.sampled_from(list(_tables(cases))))
    counts = {"cases": cases}
    for name in draw(st.lists(st.sampled_from([*COUNTS]), max_size=2)):
        counts[name] = sum(c * x for c, x in zip(COUNTS[name], cells, strict=False))
    decimals = draw(st.integers(1, 3))
    rounding = draw(st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
    printed = {}
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    wrong = draw(st.sampled_from([None, *names]))
    for name in names:
        value = _value(name, cells)
        if value is not None:
            steps = draw(st.integers(-3, 3)) if name == wrong else 0
            printed[name] = _print(value, decimals, rounding, steps)
    return cases, counts, printed, wrong is not None


@settings(max_examples=150)
@given(_reports())
def test_as_trying_every_table_says(report: tuple[int, dict[str, int], dict[str, str], bool]) -> None:
    cases, counts, printed, changed = report
    test = Reported("", counts, {name: parse_measure(text) for name, text in printed.items()})
    found = possible(claims_of(test))
    if not changed:
        assert found
    assert found == _exists(cases, counts, printed)


@settings(max_examples=60)
@given(_reports())
def test_numbers_of_a_table_fit_without_its_size_too(report: tuple[int, dict[str, int], dict[str, str], bool]) -> None:
    _, counts, printed, changed = report
    measures = {name: parse_measure(text) for name, text in printed.items()}
    for kept in ({}, {name: n for name, n in counts.items() if name != "cases"}):
        fits = possible(claims_of(Reported("", kept, measures)))
        if not changed or possible(claims_of(Reported("", counts, measures))):
            assert fits  # fewer claims never contradict more


def test_means_over_runs_are_of_all_runs_counted_together() -> None:
    # Of 10 positives, 0.93 is no share in one run, but the mean of 0.9, 0.9, 0.9, 1.0 and 0.95 is none either; of five
    # runs 46 or 47 of 50 would be 0.92 and 0.94.
    measures = {"sensitivity": parse_measure("0.93")}
    assert not possible(claims_of(Reported("", {"positives": 10}, measures, runs=5)))
    assert possible(claims_of(Reported("", {"positives": 10}, measures, runs=3)))  # 28/30
    assert possible(claims_of(Reported("", {"positives": 10}, {"sensitivity": parse_measure("0.92")}, runs=5)))


def test_large_tables_are_quick_enough_to_be_solved_here() -> None:
    measures = {"sensitivity": "93.12 %", "specificity": "88.21 %", "accuracy": "90.00 %", "ppv": "81.70 %"}
    test = Reported("", {"cases": 100_000}, {name: parse_measure(text) for name, text in measures.items()})
    claims = claims_of(test)
    assert not possible(claims)
    assert possible([claim for claim in claims if claim.name != "ppv"])


@pytest.mark.parametrize(
    ("others", "name", "low", "high"),
    [
        # By hand: accuracy between the rounded sensitivity and specificity.
        ({"sensitivity": "0.98", "specificity": "1.00"}, "accuracy", Fraction("0.975"), Fraction(1)),
        # PPV from the smallest and largest numbers: 0.895 * 0.095 / (0.895 * 0.095 + 0.105 * 0.905) and so on.
        (
            {"sensitivity": "0.90", "specificity": "0.90", "prevalence": "0.10"},
            "ppv",
            Fraction("0.895")
            * Fraction("0.095")
            / (Fraction("0.895") * Fraction("0.095") + Fraction("0.105") * Fraction("0.905")),
            Fraction("0.905")
            * Fraction("0.105")
            / (Fraction("0.905") * Fraction("0.105") + Fraction("0.095") * Fraction("0.895")),
        ),
        ({"sensitivity": "0.90", "specificity": "0.80"}, "youden", Fraction("0.69"), Fraction("0.71")),
    ],
)
def test_what_a_number_may_be_given_the_others(
    others: dict[str, str], name: str, low: Fraction, high: Fraction
) -> None:
    measures = {key: parse_measure(text) for key, text in {**others, name: "0.5"}.items()}
    claims = {claim.name: claim for claim in claims_of(Reported("", {}, measures))}
    found = attainable(claims[name], [claims[key] for key in others])
    assert found is not None
    assert (found.low, found.high) == (low, high)

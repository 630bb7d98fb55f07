"""Sets of numbers that contradict each other, each worked by hand."""

import pytest

from pleura.evaluation.consistency.finding import Level
from pleura.evaluation.consistency.printed import parse_measure
from pleura.evaluation.consistency.rules.joint import check_joint
from pleura.evaluation.consistency.solver.claims import Test as Reported


def _check(counts: dict[str, int] | None = None, runs: int = 1, **measures: str) -> list[tuple[Level, tuple[str, ...]]]:
    test = Reported("t", counts or {}, {name: parse_measure(text) for name, text in measures.items()}, runs=runs)
    return [(one.level, one.reported) for one in check_joint(test)]


@pytest.mark.parametrize(
    ("counts", "measures", "reported"),
    [
        # No share of 10 is 0.93.
        ({"positives": 10}, {"sensitivity": "0.93"}, ("positives 10", "sensitivity 0.93")),
        # Above 1.
        ({}, {"sensitivity": "1.02"}, ("sensitivity 1.02",)),
        # Accuracy above both.
        (
            {},
            {"sensitivity": "0.95", "specificity": "0.96", "accuracy": "0.97"},
            ("sensitivity 0.95", "specificity 0.96", "accuracy 0.97"),
        ),
        # 2 * 0.91 / 1.91 is the most that F1 can be with a PPV of 0.915 and a sensitivity of 1.
        ({}, {"ppv": "0.91", "f1": "0.97"}, ("PPV 0.91", "F1 0.97")),
        # Sensitivity and specificity 0.9 and a prevalence of half give a PPV of 0.9, not 0.8.
        (
            {"positives": 50, "negatives": 50},
            {"sensitivity": "0.90", "specificity": "0.90", "ppv": "0.80"},
            ("specificity 0.90", "PPV 0.80"),
        ),
        ({"true_positives": 12, "positives": 11}, {}, ("true positives 12", "positives 11")),
        (
            {},
            {"specificity": "0.850", "false_positive_rate": "0.155"},
            ("specificity 0.850", "false positive rate 0.155"),
        ),
    ],
)
def test_the_smallest_set_is_named(counts: dict[str, int], measures: dict[str, str], reported: tuple[str, ...]) -> None:
    found = _check(counts, **measures)
    if "ppv" in measures and "sensitivity" in measures:
        assert [level for level, _ in found] == [Level.CONTRADICTION]
        assert "PPV 0.80" in found[0][1]
    else:
        assert found == [(Level.CONTRADICTION, reported)]


def test_counts_beside_a_percentage() -> None:
    assert _check(sensitivity="97.5 % (78/80)") == []
    assert _check(sensitivity="97.4 % (78/80)") == [(Level.CONTRADICTION, ("sensitivity 78/80", "sensitivity 97.4 %"))]


def test_digits_cut_off_are_unlikely_and_not_impossible() -> None:
    # 26 of 30 are 0.8667: 0.87 rounded, 0.86 cut off.
    assert _check({"positives": 30}, sensitivity="0.86") == [(Level.UNLIKELY, ("positives 30", "sensitivity 0.86"))]


def test_a_tie_rounded_down_is_a_note() -> None:
    # 39 of 40 are 0.975: 0.98 by either rule; as a binary number it may lie below the tie, and 0.97 be printed.
    assert _check({"positives": 40}, sensitivity="0.98") == []
    assert _check({"positives": 40}, sensitivity="0.97") == [(Level.NOTE, ("positives 40", "sensitivity 0.97"))]


def test_computed_from_rounded_numbers_is_a_note() -> None:
    # 74 of 83 and 75 of 110 give 2.802; 0.892 / 0.318 is 2.805.
    found = _check(
        {"positives": 83, "negatives": 110}, sensitivity="0.892", specificity="0.682", positive_likelihood_ratio="2.81"
    )
    assert [level for level, _ in found] == [Level.NOTE]


def test_two_independent_slips_are_both_found() -> None:
    found = _check({"positives": 10, "negatives": 20}, sensitivity="0.93", specificity="0.97")
    assert {names for _, names in found} == {("positives 10", "sensitivity 0.93"), ("negatives 20", "specificity 0.97")}


def test_the_mean_f1_of_runs() -> None:
    assert _check(runs=5, sensitivity="0.98", ppv="0.91", f1="0.94") == []
    found = _check(runs=5, sensitivity="0.98", ppv="0.91", f1="0.97")
    assert found == [(Level.CONTRADICTION, ("PPV 0.91", "sensitivity 0.98", "F1 0.97"))]


def test_the_number_without_which_all_fits_is_named() -> None:
    measures = {"sensitivity": "0.90", "specificity": "0.80", "accuracy": "0.95", "balanced_accuracy": "0.85"}
    test = Reported("t", {}, {name: parse_measure(text) for name, text in measures.items()})
    assert [one.expected for one in check_joint(test)] == [
        "Expected given sensitivity 0.90 and specificity 0.80: accuracy 0.795 to 0.905. "
        "All else fits without accuracy 0.95 (then 0.795 to 0.905)."
    ]

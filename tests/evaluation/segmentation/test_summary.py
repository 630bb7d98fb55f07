"""Means by hand, intervals against a slow bootstrap, and what cases without lesion do."""

import numpy as np
import pytest

from pleura.evaluation.figures.segmentation import dice_figure
from pleura.evaluation.output.segmentation import case_rows, facts_of_segmentation, segmentation_table
from pleura.evaluation.segmentation.cases import SegmentedCase
from pleura.evaluation.segmentation.compare import MaskComparison
from pleura.evaluation.segmentation.summary import paired_ratios, summarise


def _case(name: str, truth: float, found: float, both: float, **known: object) -> SegmentedCase:
    return SegmentedCase(
        case=name,
        patient=str(known.pop("patient", name)),
        lung_ml=4000.0,
        comparison=MaskComparison(
            truth_ml=truth,
            found_ml=found,
            both_ml=both,
            dice=2 * both / (truth + found) if truth else None,
            hausdorff95_mm=10.0 if truth and found else None,
            surface_mm=2.0 if truth and found else None,
        ),
        **known,
    )


CASES = [
    _case("a", 100.0, 100.0, 80.0, label="covid-19", hospital="north"),
    _case("b", 200.0, 100.0, 90.0, label="covid-19", hospital="south"),
    _case("c", 50.0, 0.0, 0.0, label="bacterial", hospital="south"),
    _case("d", 0.0, 0.0, 0.0, label="healthy", hospital="north"),
    _case("e", 0.0, 40.0, 0.0, label="healthy", hospital="north"),
    _case("f", 0.0, 0.5, 0.0, label="healthy", hospital="south"),
]


def test_means_and_counts_are_those_by_hand() -> None:
    one = summarise(CASES, resamples=200).overall
    assert (one.cases, one.patients, one.with_lesion, one.without_lesion) == (6, 6, 3, 3)
    assert one.dice.value == pytest.approx((0.8 + 0.6 + 0.0) / 3)
    assert (one.dice_least, one.dice_median) == (0.0, pytest.approx(0.6))
    assert one.hausdorff95_mm.value == 10.0
    assert one.missed == 1
    errors = np.array([0, -100, -50, 0, 40, 0.5])
    assert one.volume_ml.value == pytest.approx(errors.mean())
    assert one.volume_rmse_ml.value == pytest.approx(np.sqrt((errors**2).mean()))
    assert one.ratio_rmse.value == pytest.approx(np.sqrt((errors**2).mean()) / 4000)
    assert one.false_findings == 1  # half a millilitre is none
    assert one.false_ml == pytest.approx(40.5 / 3)


def test_parts_are_summaries_of_their_own_cases() -> None:
    report = summarise(CASES, resamples=200)
    assert list(report.by_label) == ["covid-19", "bacterial", "healthy"]
    assert report.by_label["covid-19"].dice.value == pytest.approx(0.7)
    assert report.by_label["healthy"].dice is None
    assert {name: part.cases for name, part in report.by_hospital.items()} == {"north": 3, "south": 3}


def test_intervals_are_those_of_a_slow_bootstrap_over_patients() -> None:
    rng = np.random.default_rng(3)
    cases = [
        _case(f"{n}-{turn}", 100.0, 100.0, float(100 * rng.random()), patient=f"p{n}")
        for n in range(12)
        for turn in (0, 1)
    ]
    one = summarise(cases, resamples=4000).overall
    assert one.patients == 12
    dice = np.array([case.comparison.dice for case in cases]).reshape(12, 2).mean(axis=1)
    slow = np.array([dice[rng.integers(0, 12, 12)].mean() for _ in range(4000)])
    assert (one.dice.low, one.dice.high) == pytest.approx(tuple(np.quantile(slow, [0.025, 0.975])), abs=0.012)


def test_two_studies_of_a_patient_are_one_pair() -> None:
    cases = [_case("a1", 100.0, 120.0, 90.0, patient="a"), _case("a2", 200.0, 200.0, 190.0, patient="a"), CASES[0]]
    found, true = paired_ratios([*cases[:2], _case("b", 100.0, 100.0, 80.0)])
    assert found.tolist() == pytest.approx([160 / 4000, 100 / 4000])
    assert true.tolist() == pytest.approx([150 / 4000, 100 / 4000])
    assert summarise(cases, resamples=100).agreement is None  # two patients


def test_lungs_that_were_found_divide_what_was_found() -> None:
    case = SegmentedCase(case="a", patient="a", comparison=CASES[0].comparison, lung_ml=4000.0, found_lung_ml=3200.0)
    assert (case.truth_ratio, case.found_ratio) == pytest.approx((0.025, 0.03125))
    bare = SegmentedCase(case="a", patient="a", comparison=CASES[0].comparison)
    assert (bare.truth_ratio, bare.found_ratio) == (None, None)


def test_the_written_forms_hold_the_same_numbers() -> None:
    report = summarise(CASES, resamples=200)
    table = segmentation_table(report)
    assert table["overall"]["dice"]["value"] == pytest.approx(1.4 / 3, abs=1e-6)
    assert table["by_label"]["healthy"]["dice"] is None
    assert "more than 1 ml is a false finding" in table["rule"]
    rows = list(case_rows(CASES))
    assert rows[2]["hausdorff95_mm"] is None
    assert rows[1]["found_ratio"] == pytest.approx(0.025)
    facts = facts_of_segmentation(CASES, report, partition="test")
    assert facts.classes == {"covid-19": 2, "bacterial": 1, "healthy": 3}
    assert any(line.startswith("Dice 0.467") for line in facts.results)


def test_the_figure_shows_each_case_with_lesion() -> None:
    figure = dice_figure(CASES)
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in figure.axes[0].lines])
    assert sorted(drawn.tolist()) == pytest.approx([0.0, 0.6, 0.8])
    with pytest.raises(ValueError, match="need a case with lesion"):
        dice_figure(CASES[3:])


def test_no_cases_or_one_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="got 0"):
        summarise([])
    with pytest.raises(ValueError, match="twice: a"):
        summarise([CASES[0], CASES[0]])

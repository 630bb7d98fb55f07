from collections import Counter

import pytest

from pleura.data.synthetic.hospitals import SyntheticHospital, alike_hospitals
from pleura.data.synthetic.plan import plan_cohort
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.errors import CohortError, RecipeError
from pleura.settings import CLASSES, LABELS

HOSPITALS = ("north", "east", "west")


def test_labels_severities_and_scanners_go_round() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(180, HOSPITALS), seed=1)
    assert Counter(c.hospital for c in plan) == dict.fromkeys(HOSPITALS, 60)
    assert set(Counter((c.hospital, c.label) for c in plan).values()) == {15}
    grades = Counter((c.hospital, c.label, c.severity) for c in plan)
    for hospital in HOSPITALS:
        assert grades[hospital, "healthy", 0] == 15
        for label in CLASSES[1:]:
            assert [grades[hospital, label, s] for s in (1, 2, 3)] == [5, 5, 5]
    assert {c.hospital: c.scanner for c in plan} == dict(zip(HOSPITALS, SCANNERS, strict=False))
    assert len({c.patient for c in plan}) == len({c.case for c in plan}) == len({c.seed for c in plan}) == 180


def test_splits_are_stratified_by_hospital_and_class() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(240, HOSPITALS), seed=1)
    for hospital in HOSPITALS:
        for label in CLASSES:
            splits = [c.split for c in plan if (c.hospital, c.label) == (hospital, label)]
            assert splits[:5] == ["train", "validation", "train", "test", "train"]  # by hand
            assert Counter(splits) == {"train": 12, "validation": 4, "test": 4}


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.2), (1.0, 0.0, 0.0), (0.0, 0.5, 0.5), (1 / 3, 1 / 3, 1 / 3)])
def test_every_prefix_keeps_within_one_case_of_its_shares(shares) -> None:
    plan = plan_cohort(hospitals=alike_hospitals(97, ["a"], ["healthy"]), seed=1, splits=shares)
    for n in range(1, len(plan) + 1):
        counts = Counter(c.split for c in plan[:n])
        for split, share in zip(("train", "validation", "test"), shares, strict=True):
            assert abs(counts[split] - share * n) <= 1


@pytest.mark.parametrize(
    "shares", [(0.6, 0.2, 0.2), (1 / 3, 1 / 3, 1 / 3), (0.55, 0.12, 0.33), (0.5, 0.05, 0.45), (0.34, 0.33, 0.33)]
)
def test_severities_go_round_in_every_split(shares) -> None:
    """With thirds and severities that went round by themselves, all of a split's cases had one severity."""
    plan = plan_cohort(hospitals=alike_hospitals(97, ["a"], ["covid-19"]), seed=1, splits=shares)
    for first, split in enumerate(("train", "validation", "test")):
        grades = [c.severity for c in plan if c.split == split]
        assert grades == [(first + n) % 3 + 1 for n in range(len(grades))]
    for n in range(1, len(plan) + 1):
        grades = Counter(c.severity for c in plan[:n])
        assert max(grades.values()) - min(grades[s] for s in (1, 2, 3)) <= 3


def test_a_case_does_not_depend_on_how_many_there_are_nor_on_the_other_hospitals() -> None:
    long = plan_cohort(hospitals=alike_hospitals(60, HOSPITALS), seed=5)
    assert plan_cohort(hospitals=alike_hospitals(20, HOSPITALS), seed=5) == long[:20]
    alone = plan_cohort(hospitals=alike_hospitals(20, ["north"]), seed=5)
    assert alone == [c for c in long if c.hospital == "north"]
    assert {c.seed for c in plan_cohort(hospitals=alike_hospitals(60, HOSPITALS), seed=6)}.isdisjoint(
        c.seed for c in long
    )


def test_classes_can_be_mixed_and_each_is_still_split_on_its_own() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(80, ["a"], {"healthy": 1, "covid-19": 3, "nodule": 1}), seed=1)
    assert [c.label for c in plan[:5]] == ["healthy", "covid-19", "nodule", "covid-19", "covid-19"]
    covid = [c for c in plan if c.label == "covid-19"]
    assert Counter(c.label for c in plan) == {"healthy": 16, "covid-19": 48, "nodule": 16}
    assert [c.severity for c in covid[:6]] == [1, 2, 2, 3, 3, 1]
    assert [c.split for c in covid[:5]] == ["train", "validation", "train", "test", "train"]


def test_equal_shares_are_the_same_as_a_list_of_classes() -> None:
    listed = plan_cohort(hospitals=alike_hospitals(24, HOSPITALS, LABELS), seed=1)
    assert plan_cohort(hospitals=alike_hospitals(24, HOSPITALS, dict.fromkeys(LABELS, 1)), seed=1) == listed


def test_patients_with_a_course_get_their_studies_and_the_others_one() -> None:
    plan = plan_cohort(hospitals=alike_hospitals(12, ["a"], LABELS), seed=1, studies=4)
    one = plan_cohort(hospitals=alike_hospitals(12, ["a"], LABELS), seed=1)
    by_patient = {case.patient: [c for c in plan if c.patient == case.patient] for case in one}
    for case in one:
        series = by_patient[case.patient]
        assert len(series) == (1 if case.label in ("healthy", "nodule") else 4)
        assert {(c.seed, c.split, c.label, c.severity) for c in series} == {
            (case.seed, case.split, case.label, case.severity)
        }
        if len(series) > 1:
            days = [c.stage.day for c in series]
            assert days == sorted(set(days))
            assert [c.case for c in series] == [f"{case.case}-d{day:03d}" for day in days]
            assert len({c.course for c in series}) == 1
        else:
            assert series == [case]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"hospitals": []}, CohortError, "at least one hospital"),
        ({"hospitals": alike_hospitals(2, ["a", "A"])}, CohortError, "each named once"),
        ({"seed": -1}, CohortError, "seed must lie between"),
        ({"seed": 2**63}, CohortError, "seed must lie between"),
        ({"size": "huge"}, RecipeError, "tiny, small, medium, full"),
        ({"splits": (0.5, 0.5, 0.5)}, CohortError, "sum to 1"),
        ({"splits": (1.2, -0.1, -0.1)}, CohortError, "sum to 1"),
        ({"studies": 0}, CohortError, "studies must be 1 to 30"),
        ({"studies": 31}, CohortError, "studies must be 1 to 30"),
    ],
)
def test_refuses_what_it_cannot_plan(arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        plan_cohort(**({"hospitals": alike_hospitals(4, ["a"]), "seed": 1} | arguments))


def test_hospitals_that_differ_are_planned_side_by_side_and_each_as_if_alone() -> None:
    small = SyntheticHospital(name="small", patients=3, scanner="Philips Brilliance 16", classes={"covid-19": 2})
    large = SyntheticHospital(name="large", patients=8, classes={"healthy": 1, "covid-19": 3})
    plan = plan_cohort(hospitals=[small, large], seed=5)
    assert [c.hospital for c in plan] == ["small", "large"] * 3 + ["large"] * 5
    assert plan_cohort(hospitals=[small], seed=5) == [c for c in plan if c.hospital == "small"]
    assert plan_cohort(hospitals=[large], seed=5) == [c for c in plan if c.hospital == "large"]
    assert {c.scanner for c in plan if c.hospital == "small"} == {"Philips Brilliance 16"}
    assert Counter(c.label for c in plan if c.hospital == "large") == {"healthy": 2, "covid-19": 6}

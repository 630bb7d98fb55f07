from collections import Counter

import pytest

from pleura.data.synthetic.plan import plan_cohort
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.errors import CohortError, RecipeError
from pleura.settings import CLASSES, LABELS

HOSPITALS = ("north", "east", "west")


def test_labels_severities_and_scanners_go_round() -> None:
    plan = plan_cohort(cases=144, hospitals=HOSPITALS, seed=1)
    assert Counter(c.hospital for c in plan) == dict.fromkeys(HOSPITALS, 48)
    assert set(Counter((c.hospital, c.label) for c in plan).values()) == {12}
    grades = Counter((c.hospital, c.label, c.severity) for c in plan)
    for hospital in HOSPITALS:
        assert grades[hospital, "healthy", 0] == 12
        for label in CLASSES[1:]:
            assert [grades[hospital, label, s] for s in (1, 2, 3)] == [4, 4, 4]
    assert {c.hospital: c.scanner for c in plan} == dict(zip(HOSPITALS, SCANNERS, strict=False))
    assert len({c.patient for c in plan}) == len({c.case for c in plan}) == len({c.seed for c in plan}) == 144


def test_splits_are_stratified_by_hospital_and_class() -> None:
    plan = plan_cohort(cases=240, hospitals=HOSPITALS, seed=1)
    for hospital in HOSPITALS:
        for label in CLASSES:
            splits = [c.split for c in plan if (c.hospital, c.label) == (hospital, label)]
            assert splits[:5] == ["train", "validation", "train", "test", "train"]  # by hand
            assert Counter(splits) == {"train": 12, "validation": 4, "test": 4}


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.2), (1.0, 0.0, 0.0), (0.0, 0.5, 0.5), (1 / 3, 1 / 3, 1 / 3)])
def test_every_prefix_keeps_within_one_case_of_its_shares(shares) -> None:
    plan = plan_cohort(cases=97, hospitals=["a"], seed=1, classes=["healthy"], splits=shares)
    for n in range(1, len(plan) + 1):
        counts = Counter(c.split for c in plan[:n])
        for split, share in zip(("train", "validation", "test"), shares, strict=True):
            assert abs(counts[split] - share * n) <= 1


def test_a_case_does_not_depend_on_how_many_there_are_nor_on_the_other_hospitals() -> None:
    long = plan_cohort(cases=60, hospitals=HOSPITALS, seed=5)
    assert plan_cohort(cases=20, hospitals=HOSPITALS, seed=5) == long[:20]
    alone = plan_cohort(cases=20, hospitals=["north"], seed=5)
    assert alone == [c for c in long if c.hospital == "north"]
    assert {c.seed for c in plan_cohort(cases=60, hospitals=HOSPITALS, seed=6)}.isdisjoint(c.seed for c in long)


def test_classes_can_be_mixed_and_each_is_still_split_on_its_own() -> None:
    plan = plan_cohort(cases=80, hospitals=["a"], seed=1, classes={"healthy": 1, "covid-19": 3, "nodule": 1})
    assert [c.label for c in plan[:5]] == ["healthy", "covid-19", "nodule", "covid-19", "covid-19"]
    covid = [c for c in plan if c.label == "covid-19"]
    assert Counter(c.label for c in plan) == {"healthy": 16, "covid-19": 48, "nodule": 16}
    assert [c.severity for c in covid[:6]] == [1, 2, 3, 1, 2, 3]
    assert [c.split for c in covid[:5]] == ["train", "validation", "train", "test", "train"]


def test_equal_shares_are_the_same_as_a_list_of_classes() -> None:
    listed = plan_cohort(cases=24, hospitals=HOSPITALS, seed=1, classes=LABELS)
    assert plan_cohort(cases=24, hospitals=HOSPITALS, seed=1, classes=dict.fromkeys(LABELS, 1)) == listed


def test_patients_with_a_course_get_their_studies_and_the_others_one() -> None:
    plan = plan_cohort(cases=12, hospitals=["a"], seed=1, classes=LABELS, studies=4)
    one = plan_cohort(cases=12, hospitals=["a"], seed=1, classes=LABELS)
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
        ({"cases": 0}, CohortError, "at least 1 case"),
        ({"hospitals": []}, CohortError, "at least one hospital"),
        ({"hospitals": "north"}, CohortError, "at least one hospital"),
        ({"hospitals": ["a", "A"]}, CohortError, "each named once"),
        ({"hospitals": ["../a"]}, CohortError, r"hospital '\.\./a' must be"),
        ({"hospitals": [""]}, CohortError, "1 to 32 letters"),
        ({"seed": -1}, CohortError, "seed must lie between"),
        ({"seed": 2**63}, CohortError, "seed must lie between"),
        ({"size": "huge"}, RecipeError, "tiny, small, medium, full"),
        ({"classes": ["covid"]}, CohortError, "classes must be some of healthy"),
        ({"classes": []}, CohortError, "classes must be"),
        ({"classes": ["healthy", "healthy"]}, CohortError, "each once"),
        ({"classes": "healthy"}, CohortError, "classes must be"),
        ({"classes": {"healthy": 0}}, CohortError, "healthy: 0"),
        ({"splits": (0.5, 0.5, 0.5)}, CohortError, "sum to 1"),
        ({"splits": (1.2, -0.1, -0.1)}, CohortError, "sum to 1"),
        ({"studies": 0}, CohortError, "studies must be 1 to 30"),
        ({"studies": 31}, CohortError, "studies must be 1 to 30"),
    ],
)
def test_refuses_what_it_cannot_plan(arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        plan_cohort(**({"cases": 4, "hospitals": ["a"], "seed": 1} | arguments))

"""Checklists: every item is there once, and answered with what the facts hold and nothing more."""

from dataclasses import replace

import pytest

from pleura.evaluation.checklists.answer import Status
from pleura.evaluation.checklists.facts import CohortFacts, ModelFacts, StudyFacts, TestFacts
from pleura.evaluation.checklists.fill import ANSWERS, CHECKLISTS, answer_checklists, read_checklist
from pleura.evaluation.checklists.study_answers import NOBODY

TEST = TestFacts(
    classes={"healthy": 6, "covid-19": 14},
    cases=20,
    patients=18,
    patients_named=True,
    hospitals={"north": 12, "west": 8},
    partition="test",
    rule="A case is called its class with the highest score.",
    measures=("sensitivity", "AUC"),
    uncertainty="95 % intervals: Wilson.",
    results=("accuracy 0.80", "covid-19: sensitivity 0.86"),
    cluster_results=("hospital north: accuracy 0.75", "hospital west: accuracy 0.88"),
    confusion=((4, 2), (2, 12)),
)
COHORT = CohortFacts(
    name="C",
    synthetic=True,
    generator="the generator",
    seed=7,
    partitions={"train": {"healthy": 30, "covid-19": 30}, "test": {"healthy": 6, "covid-19": 14}},
    partition_level="patient",
    severities={"1": 8, "2": 6},
    characteristics=("age: median 61 years, from 20 to 88, of 20 cases",),
)
MODEL = ModelFacts(
    name="small",
    identity="ab12",
    architecture="densenet3d",
    arguments={"classes": 2},
    preprocessing="Slices are resampled.",
    subsets=5,
    training_summary="60 cases",
    training_hospitals=("north", "east"),
    training={"epochs": "4"},
    synthetic=True,
    licence="Apache-2.0",
)
FULL = StudyFacts(test=TEST, cohort=COHORT, model=MODEL, software={"pleura": "0.1.0"})
BARE = StudyFacts(test=TEST)


def _answers(facts: StudyFacts) -> dict[str, dict[str, tuple[Status, str]]]:
    return {
        one.checklist.name: {item.number: (answer.status, answer.text) for item, answer in one.answers}
        for one in answer_checklists(facts)
    }


@pytest.mark.parametrize(
    ("name", "highest", "items"),
    # CLAIM 2024: 44 items. STARD-AI: 40, of which 15 and 17, 16, 26 and 40 have parts. TRIPOD+AI: 27 with 52 parts.
    [("claim_2024", 44, 44), ("stard_ai_2025", 40, 48), ("tripod_ai_2024", 27, 52)],
)
def test_items_are_complete_and_each_is_there_once(name: str, highest: int, items: int) -> None:
    checklist = read_checklist(name)
    numbers = [item.number for item in checklist.items]
    whole = [int("".join(c for c in number if c.isdigit())) for number in numbers]
    assert len(set(numbers)) == len(numbers) == items
    assert sorted(set(whole)) == list(range(1, highest + 1))
    assert whole == sorted(whole)
    assert all(item.answered_by in ANSWERS for item in checklist.items)


def test_every_way_to_answer_is_used() -> None:
    used = {item.answered_by for name in CHECKLISTS for item in read_checklist(name).items}
    assert used == set(ANSWERS)


def test_known_items_hold_the_facts() -> None:
    claim = _answers(FULL)["CLAIM 2024"]
    for number, words in {
        "7": ("synthetic", "the generator", "seed 7"),
        "9": ("Slices are resampled.",),
        "19": ("train: healthy 30, covid-19 30", "Evaluated here: test"),
        "20": ("No patient is in two partitions",),
        "22": ("densenet3d", "ab12"),
        "23": ("pleura 0.1.0",),
        "24": ("Fresh random weights",),
        "25": ("60 cases", "epochs 4"),
        "29": ("Wilson",),
        "32": ("north 12",),
        "33": ("west 8",),
        "38": ("accuracy 0.80", "covid-19: sensitivity 0.86"),
    }.items():
        status, text = claim[number]
        assert status is Status.KNOWN, number
        assert all(word.lower() in text.lower() for word in words), (number, text)


def test_what_only_patients_have_does_not_apply_to_synthetic_cases() -> None:
    stard = _answers(FULL)["STARD-AI"]
    assert stard["6"] == stard["7"] == stard["27"] == stard["32"] == (Status.NOT_APPLICABLE, NOBODY)
    real = replace(FULL, cohort=replace(COHORT, synthetic=False))
    assert _answers(real)["STARD-AI"]["6"] == (Status.OPEN, "")
    untold = replace(FULL, cohort=replace(COHORT, synthetic=None))
    assert _answers(untold)["STARD-AI"]["6"] == (Status.OPEN, "")


def test_without_cohort_and_model_nothing_is_said_of_them() -> None:
    for name, answers in _answers(BARE).items():
        for number, (_status, text) in answers.items():
            assert "patient is in two" not in text, (name, number)
            assert "densenet" not in text, (name, number)
    claim = _answers(BARE)["CLAIM 2024"]
    still_known = {number for number, (status, _) in claim.items() if status is Status.KNOWN}
    # Of the test alone: goal, missing data, measures, intervals, results.
    assert still_known == {"6", "12", "28", "29", "37", "38"}


def test_funding_and_the_like_are_always_left_to_a_person() -> None:
    for facts in (FULL, BARE):
        answers = _answers(facts)
        for name, number in (("CLAIM 2024", "44"), ("STARD-AI", "39"), ("TRIPOD+AI", "18a"), ("TRIPOD+AI", "19")):
            assert answers[name][number][0] is Status.OPEN


def test_hospitals_of_a_model_that_are_not_told_are_not_guessed() -> None:
    untold = replace(FULL, model=replace(MODEL, training_hospitals=None))
    claim = _answers(untold)["CLAIM 2024"]
    assert claim["32"] == claim["33"] == (Status.OPEN, "")
    assert untold.unseen == ()
    assert FULL.unseen == ("west",)


def test_why_a_cut_off_lies_where_it_does_is_left_to_a_person() -> None:
    assert _answers(FULL)["STARD-AI"]["15c"][0] is Status.KNOWN
    called = replace(FULL, test=replace(TEST, threshold=0.3, rule="A class is called at a score of 0.3 or more."))
    assert _answers(called)["STARD-AI"]["15c"][0] is Status.OPEN
    assert _answers(called)["TRIPOD+AI"]["15"][0] is Status.OPEN


def test_wrong_answers_are_counted() -> None:
    status, text = _answers(FULL)["CLAIM 2024"]["39"]
    assert status is Status.OPEN
    assert "healthy called covid-19 2, covid-19 called healthy 2" in text

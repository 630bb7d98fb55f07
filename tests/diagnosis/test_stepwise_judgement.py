"""Cut-offs come from validation cases alone; what is judged are the test cases; each question has its own cases."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.data.cohort import Case
from pleura.diagnosis.stepwise_judgement import choice_of, judge_stepwise, stepwise_roc_figure
from pleura.diagnosis.stepwise_scores import QUESTIONS, StepwiseScores
from pleura.errors import CohortError
from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.settings import LABELS

LABEL_OF = {"c": "covid-19", "o": "other-viral", "h": "healthy", "b": "bacterial", "t": "tuberculosis", "n": "nodule"}
# A label, P(viral), P(COVID-19 | viral) a case.
VALIDATION = (
    ("c", 0.9, 0.9),
    ("c", 0.8, 0.7),
    ("o", 0.9, 0.4),
    ("o", 0.7, 0.2),
    ("h", 0.1, 0.5),
    ("b", 0.4, 0.9),
    ("t", 0.2, 0.1),
    ("n", 0.1, 0.9),
)
TEST = (
    ("c", 0.6, 0.4),
    ("c", 0.5, 0.5),
    ("o", 0.5, 0.3),
    ("o", 0.3, 0.3),
    ("h", 0.1, 0.5),
    ("b", 0.2, 0.9),
    ("t", 0.4, 0.1),
    ("n", 0.1, 0.1),
)


def _scores(validation: tuple = VALIDATION, test: tuple = TEST) -> StepwiseScores:
    rows = [("validation", *row) for row in validation] + [("test", *row) for row in test]
    cases = tuple(
        Case(
            case=f"c{i}",
            patient=f"p{i}",
            hospital="east" if i % 2 else "west",
            label=LABEL_OF[letter],
            severity=0,
            split=split,
            study=Path(),
            lungs=None,
            lesions=None,
        )
        for i, (split, letter, _, _) in enumerate(rows)
    )
    return StepwiseScores(
        cases=cases,
        viral=np.array([row[2] for row in rows]),
        covid_given_viral=np.array([row[3] for row in rows]),
    )


def test_every_label_is_on_one_side_of_the_first_and_of_both() -> None:
    first, second, both = QUESTIONS
    assert sorted(sum(first.labels, ())) == sorted(LABELS) == sorted(sum(both.labels, ()))
    assert second.labels == (("other-viral",), ("covid-19",))


def test_cut_offs_by_hand_are_those_of_the_validation_cases() -> None:
    judged = judge_stepwise(_scores())
    assert judged["dl1"].cut_off.threshold == pytest.approx((0.7 + 0.4) / 2)
    assert judged["dl2"].cut_off.threshold == pytest.approx((0.7 + 0.4) / 2)
    # products: COVID-19 0.81, 0.56; the highest of the others is 0.36 twice
    assert judged["stepwise"].cut_off.threshold == pytest.approx((0.56 + 0.36) / 2)
    for one in judged.values():
        assert (one.cut_off.sensitivity, one.cut_off.specificity) == (1, 1)


def test_the_test_cases_would_have_given_other_cut_offs_and_are_judged_at_the_given_ones() -> None:
    judged = judge_stepwise(_scores())
    for one in judged.values():
        own = choose_cut_off(one.test.truth == 1, one.test.scores[:, 1], Rule("youden"))
        assert own.threshold < one.cut_off.threshold
        assert own.sensitivity == 1
    both = judged["stepwise"].report.overall.classes[0]
    assert both.sensitivity is not None
    assert (both.sensitivity.hits, both.sensitivity.total) == (0, 2)  # products 0.24 and 0.25 are below 0.46
    first = judged["dl1"].report.overall
    assert first.classes[0].sensitivity is not None
    assert (first.classes[0].sensitivity.hits, first.classes[0].sensitivity.total) == (1, 4)
    assert (first.accuracy.hits, first.accuracy.total) == (5, 8)


def test_other_test_cases_leave_the_cut_offs_as_they_are() -> None:
    flipped = tuple((letter, 1 - viral, 1 - given) for letter, viral, given in TEST)
    one, two = judge_stepwise(_scores()), judge_stepwise(_scores(test=flipped))
    assert {name: each.cut_off for name, each in one.items()} == {name: each.cut_off for name, each in two.items()}


def test_the_curve_is_that_of_the_product() -> None:
    overall = judge_stepwise(_scores())["stepwise"].report.overall
    products = {letter: [] for letter in "cohbtn"}
    for letter, viral, given in TEST:
        products[letter].append(viral * given)
    others = [p for letter, many in products.items() if letter != "c" for p in many]
    pairs = [(mine > other) + (mine == other) / 2 for mine in products["c"] for other in others]
    assert overall.classes[0].auc is not None
    assert overall.classes[0].auc.value == pytest.approx(sum(pairs) / len(pairs))


def test_a_split_without_a_side_is_refused() -> None:
    with pytest.raises(CohortError, match="split validation has no case that is other-viral"):
        judge_stepwise(_scores(validation=tuple(row for row in VALIDATION if row[0] != "o")))


def test_the_figure_has_three_curves_with_their_areas() -> None:
    judged = judge_stepwise(_scores())
    figure = stepwise_roc_figure(judged)
    _, labels = figure.axes[0].get_legend_handles_labels()
    assert [label.split(":")[0] for label in labels] == [question.title for question in QUESTIONS]
    for label, one in zip(labels, judged.values(), strict=True):
        area = one.report.overall.classes[0].auc
        assert area is not None
        assert f": AUC {area.value:.2f}" in label


def test_a_cut_off_beyond_the_scores_is_kept_as_a_probability() -> None:
    judged = judge_stepwise(_scores())["dl1"]
    chosen, zone = judged.cut_off, judged.zone
    assert choice_of(chosen, zone).threshold == chosen.threshold
    assert choice_of(chosen, zone).grey == zone
    assert zone[0] <= chosen.threshold <= zone[1]
    over = float(np.nextafter(1.0, 2.0))
    made = choice_of(replace(chosen, threshold=over), (zone[0], over))
    assert (made.threshold, made.zone) == (1.0, (zone[0], 1.0))
    assert json.dumps(vars(choice_of(chosen, zone)))

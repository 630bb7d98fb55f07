"""Which steps are done, by what was asked for and what there is; each case written out by hand."""

import re

import pytest

from pleura.diagnosis.steps import EVERYTHING, STEPS, StepChoice, choose_steps
from pleura.errors import RecipeError

ALL = ["clean", "four-class", "dl1", "dl2", "stepwise", "dl3", "lesions", "severity", "heat-map"]


def _done(choice: StepChoice, absent: dict[str, str] | None = None) -> list[str]:
    plan = choose_steps(choice, absent or {})
    return [name for name in STEPS if name not in plan.left_out]


def test_the_steps_stand_in_the_papers_order_each_after_what_it_needs() -> None:
    assert list(STEPS) == ALL
    for place, step in enumerate(STEPS.values()):
        assert set(step.needs) <= set(ALL[:place])


@pytest.mark.parametrize(
    ("choice", "done"),
    [
        (EVERYTHING, ALL),
        (StepChoice(only=("clean",)), ["clean"]),
        (StepChoice(only=("heat-map", "lesions")), ["four-class", "lesions", "heat-map"]),
        (StepChoice(only=("stepwise",)), ["dl1", "dl2", "stepwise"]),
        (StepChoice(without=("dl2",)), ["clean", "four-class", "dl1", "dl3", "lesions", "severity", "heat-map"]),
        (StepChoice(without=("four-class",)), ["clean", "dl1", "dl2", "stepwise", "dl3", "lesions"]),
        (StepChoice(only=("severity",), without=("dl1", "lesions")), ["four-class", "severity"]),
    ],
)
def test_a_choice_brings_what_it_needs_and_takes_what_needs_it(choice: StepChoice, done: list[str]) -> None:
    assert _done(choice) == done


def test_each_reason_is_said() -> None:
    plan = choose_steps(StepChoice(only=("stepwise", "dl1", "dl3")), {"lesions": "no model", "clean": "no model"})
    asked = "only stepwise, dl1, dl3 asked"
    assert plan.left_out == dict.fromkeys(("clean", "four-class", "lesions", "severity", "heat-map"), asked)
    assert plan.added == {"dl2": "needed by stepwise"}
    plan = choose_steps(StepChoice(without=("dl1",)), {"four-class": "no model for it"})
    assert plan.left_out == {
        "dl1": "not wanted",
        "four-class": "no model for it",
        "stepwise": "needs dl1, which is left out",
        "severity": "needs four-class: no model for it",
        "heat-map": "needs four-class: no model for it",
    }
    assert plan.added == {}


@pytest.mark.parametrize(
    ("only", "without", "message"),
    [
        (("dl4",), (), f'no step is called "dl4"; the steps are {", ".join(ALL)}'),
        ((), ("grad-cam",), 'no step is called "grad-cam"'),
        (("dl1",), ("dl1",), "dl1 is asked for and left out"),
        (("severity",), ("four-class",), "severity needs four-class, which is left out"),
    ],
)
def test_a_choice_that_contradicts_itself_is_refused(
    only: tuple[str, ...], without: tuple[str, ...], message: str
) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        StepChoice(only=only, without=without)


def test_a_step_asked_for_by_name_must_be_possible_and_one_must_remain() -> None:
    with pytest.raises(RecipeError, match="dl3 is asked for, but cannot be done: no clinical data"):
        choose_steps(StepChoice(only=("dl3",)), {"dl3": "no clinical data"})
    with pytest.raises(RecipeError, match="heat-map is asked for, but cannot be done: needs four-class: no model"):
        choose_steps(StepChoice(only=("heat-map",)), {"four-class": "no model"})
    with pytest.raises(RecipeError, match="no step is left to do"):
        choose_steps(EVERYTHING, dict.fromkeys(("clean", "four-class", "dl1", "dl2", "dl3", "lesions"), "no model"))

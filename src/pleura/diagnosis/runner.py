"""A plan of steps in; each step's answer, or what it failed of, out: one step's failure loses no other's answer."""

import logging
from collections.abc import Callable
from typing import Literal, TypeVar

import torch

from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.report import StepFailure, StepRecord
from pleura.diagnosis.steps import STEPS, StepPlan
from pleura.errors import PleuraError

__all__ = ["StepRunner", "given"]

Answer = TypeVar("Answer")
Outcome = Literal["done", "failed", "left out"]

_log = logging.getLogger(__name__)


class StepRunner:
    """Does the steps of one diagnosis, times them, and keeps what became of each.

    Parameters
    ----------
    plan : says what is left out beforehand
    clock : times the steps

    Examples
    --------
    >>> runner = StepRunner(StepPlan(left_out={"dl2": "not wanted"}, added={}), StepClock())
    >>> runner.run("dl1", lambda: 0.7), runner.run("dl2", lambda: 0.2), runner.run("stepwise", lambda: 0.14)
    (0.7, None, None)
    >>> [(step.name, step.outcome, step.why) for step in runner.records]
    [('dl1', 'done', ''), ('dl2', 'left out', 'not wanted'), ('stepwise', 'left out', 'needs dl2, which is left out')]
    """

    def __init__(self, plan: StepPlan, clock: StepClock) -> None:
        self._plan = plan
        self._clock = clock
        self._outcomes: dict[str, tuple[Outcome, str]] = {}
        self._failures: dict[str, StepFailure] = {}

    def run(self, name: str, compute: Callable[[], Answer], *, unless: str = "") -> Answer | None:
        """Do a step, unless it is left out or a step that it needs gave no answer.

        Parameters
        ----------
        name : one of `STEPS`
        compute : the step; it is called where the answers that it needs are there
        unless : why there is nothing to do; empty where there is

        Returns
        -------
        Its answer; None where it was left out or failed, see `records` and `failures`.
        """
        why = self._why_not(name) or unless
        if why:
            self._outcomes[name] = "left out", why
            return None
        try:
            with self._clock.step(name):
                answer = compute()
        except Exception as error:  # whatever it is: it is named in the report, and the other answers stand
            failure = _failure(name, error)
            if failure.fault:
                _log.exception("step %s failed", name)
            self._failures[name] = failure
            self._outcomes[name] = "failed", failure.message
            return None
        self._outcomes[name] = "done", self._plan.added.get(name, "")
        return answer

    def gave_nothing(self, name: str) -> bool:
        """Whether a step was to be done, and there is no answer: it failed, or one that it needs did."""
        return name not in self._plan.left_out and self._outcomes[name][0] != "done"

    @property
    def records(self) -> tuple[StepRecord, ...]:
        """What became of the steps so far, in their order."""
        return tuple(
            StepRecord(name=name, title=step.title, outcome=self._outcomes[name][0], why=self._outcomes[name][1])
            for name, step in STEPS.items()
            if name in self._outcomes
        )

    @property
    def failures(self) -> tuple[StepFailure, ...]:
        """The steps that failed so far, in their order."""
        return tuple(self._failures[name] for name in STEPS if name in self._failures)

    def _why_not(self, name: str) -> str:
        if name in self._plan.left_out:
            return self._plan.left_out[name]
        for need in STEPS[name].needs:
            outcome = self._outcomes[need][0]
            if outcome != "done":
                return f"needs {need}, which {'failed' if outcome == 'failed' else 'is left out'}"
        return ""


def given(answer: Answer | None) -> Answer:
    """Give the answer of a step that is known to be done, since a step that needs it is."""
    assert answer is not None
    return answer


def _failure(name: str, error: Exception) -> StepFailure:
    """Put an error in words; what is no refusal, and no lack of memory, is a fault of the program."""
    fault = False
    if isinstance(error, PleuraError):
        advice = f"Do what the message says, or go without this step: --without {name}."
    elif isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        advice = f"Close other programs, use a machine with more memory or --device cpu, or go --without {name}."
    else:
        fault = True
        advice = f"This is a fault in Pleura: report it with the traceback in the log; until then go --without {name}."
    return StepFailure(
        step=name,
        kind=type(error).__name__,
        message=" ".join(str(error).split()) or "no message",
        what_to_do=advice,
        fault=fault,
    )

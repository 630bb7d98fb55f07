"""A step that fails is named with what to do and loses no other; what is no refusal leaves a traceback in the log."""

import logging

import pytest

from pleura.diagnosis.clock import StepClock
from pleura.diagnosis.runner import StepRunner
from pleura.diagnosis.steps import StepPlan
from pleura.errors import ModelError


def _raise(error: Exception) -> float:
    raise error


def _runner(**left_out: str) -> tuple[StepRunner, StepClock]:
    clock = StepClock()
    return StepRunner(StepPlan(left_out=left_out, added={"dl1": "needed by stepwise"}), clock), clock


def test_the_others_stand_where_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    do, clock = _runner(clean="not wanted")
    answers = [
        do.run("clean", lambda: _raise(RuntimeError("never called"))),
        do.run("dl1", lambda: 0.7),
        do.run("dl2", lambda: _raise(ModelError("the weights\nare damaged"))),
        do.run("stepwise", lambda: _raise(RuntimeError("never called"))),
        do.run("lesions", lambda: 3.0, unless="nothing to do"),
        do.run("dl3", lambda: 0.4),
    ]
    assert answers == [None, 0.7, None, None, None, 0.4]
    assert [(record.name, record.outcome, record.why) for record in do.records] == [
        ("clean", "left out", "not wanted"),
        ("dl1", "done", "needed by stepwise"),
        ("dl2", "failed", "the weights are damaged"),
        ("stepwise", "left out", "needs dl2, which failed"),
        ("dl3", "done", ""),
        ("lesions", "left out", "nothing to do"),
    ]
    (failure,) = do.failures
    assert (failure.step, failure.kind, failure.message) == ("dl2", "ModelError", "the weights are damaged")
    assert not failure.fault
    assert "--without dl2" in failure.what_to_do
    assert list(clock.seconds) == ["dl1", "dl2", "dl3"]
    assert [do.gave_nothing(name) for name in ("clean", "dl1", "dl2", "stepwise")] == [False, False, True, True]
    assert caplog.records == []  # a refusal is no fault: its message says all


def test_a_fault_is_told_from_a_refusal_and_from_a_lack_of_memory(caplog: pytest.LogCaptureFixture) -> None:
    do, _ = _runner()
    do.run("dl1", lambda: 1 / 0)
    do.run("dl2", lambda: _raise(MemoryError()))
    fault, memory = do.failures
    assert (fault.kind, fault.message, fault.fault) == ("ZeroDivisionError", "division by zero", True)
    assert "report it" in fault.what_to_do
    assert (memory.kind, memory.message, memory.fault) == ("MemoryError", "no message", False)
    assert "more memory" in memory.what_to_do
    (logged,) = caplog.records
    assert logged.levelno == logging.ERROR
    assert logged.exc_info is not None
    assert logged.exc_info[0] is ZeroDivisionError


def test_an_interruption_is_no_failure_of_a_step() -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    do, _ = _runner()
    with pytest.raises(KeyboardInterrupt):
        do.run("dl1", stopped)

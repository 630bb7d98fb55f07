"""Results in the jobs' order, only a little ahead of the reader, and rooms given back whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event

import numpy as np
import pytest

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.pipeline import in_order, then_wiped


class Rooms:
    def __init__(self) -> None:
        self.made = self.open = 0

    @contextmanager
    def room(self) -> Iterator[int]:
        self.made += 1
        self.open += 1
        try:
            yield self.made
        finally:
            self.open -= 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order(threads: int) -> None:
    rooms = Rooms()
    assert list(in_order(lambda room, job: job * job, rooms.room, range(50), threads)) == [n * n for n in range(50)]
    assert rooms.made == threads
    assert rooms.open == 0


@pytest.mark.parametrize(("threads", "ahead"), [(1, 1), (2, 3)])
def test_jobs_are_taken_only_a_little_ahead(threads: int, ahead: int) -> None:
    taken = count()
    results = in_order(lambda room, job: job, Rooms().room, (next(taken) for _ in range(100)), threads)
    for _ in range(4):
        next(results)
    assert next(taken) <= 3 + ahead


def test_a_slow_first_job_does_not_change_the_order() -> None:
    second_done = Event()

    def work(_room: int, job: int) -> int:
        if job == 0:
            assert second_done.wait(10)
        else:
            second_done.set()
        return job

    assert list(in_order(work, Rooms().room, range(6), 2)) == list(range(6))


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_comes_through_and_leaves_the_rooms_empty(threads: int) -> None:
    rooms = Rooms()

    def work(_room: int, job: int) -> int:
        if job == 3:
            raise TermsError("job 3")
        return job

    results = in_order(work, rooms.room, range(10), threads)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TermsError, match="job 3"):
        next(results)
    assert rooms.open == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_a_reader_who_leaves_gives_the_rooms_back(threads: int) -> None:
    rooms = Rooms()
    results = in_order(lambda room, job: job, rooms.room, range(10), threads)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert rooms.open == 0


def test_no_thread_is_refused() -> None:
    with pytest.raises(TermsError, match="got 0"):
        in_order(lambda room, job: job, Rooms().room, range(3), 0)


@pytest.mark.parametrize("leaves", [False, True])
def test_the_secret_is_wiped_in_the_end(leaves: bool) -> None:
    secret = np.ones(8, np.uint32)
    results = then_wiped(iter(range(3)), secret)
    assert next(results) == 0
    assert secret.all()
    if leaves:
        results.close()  # type: ignore[attr-defined]
    else:
        assert list(results) == [1, 2]
    assert not secret.any()

"""Jobs in, their results out in the same order, done by a few threads that stay only a little ahead of the reader."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from queue import SimpleQueue
from typing import Any, TypeVar

from numpy.typing import NDArray

from pleura.errors import TermsError

__all__ = ["in_order", "then_wiped"]

Job = TypeVar("Job")
Result = TypeVar("Result")
Room = TypeVar("Room")


def in_order(
    work: Callable[[Room, Job], Result],
    room: Callable[[], AbstractContextManager[Room]],
    jobs: Iterable[Job],
    threads: int,
) -> Iterator[Result]:
    """Do each job in a room of its thread's own; results come in the jobs' order.

    At most `threads` jobs are under way or done ahead of the one that is given out.

    Raises
    ------
    TermsError
        If there is no thread to work with.
    """
    if threads < 1:
        raise TermsError(f"work needs 1 or more threads, got {threads}")
    return _alone(work, room, jobs) if threads == 1 else _together(work, room, jobs, threads)


def _alone(
    work: Callable[[Room, Job], Result], room: Callable[[], AbstractContextManager[Room]], jobs: Iterable[Job]
) -> Iterator[Result]:
    with room() as only:
        for job in jobs:
            yield work(only, job)


def _together(
    work: Callable[[Room, Job], Result],
    room: Callable[[], AbstractContextManager[Room]],
    jobs: Iterable[Job],
    threads: int,
) -> Iterator[Result]:
    rooms: SimpleQueue[Room] = SimpleQueue()

    def once(job: Job) -> Result:
        mine = rooms.get()
        try:
            return work(mine, job)
        finally:
            rooms.put(mine)

    ahead: deque[Future[Result]] = deque()
    with ExitStack() as stack:
        for _ in range(threads):
            rooms.put(stack.enter_context(room()))
        pool = stack.enter_context(ThreadPoolExecutor(threads))  # ends before the rooms are given back
        try:
            for job in jobs:
                ahead.append(pool.submit(once, job))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def then_wiped(results: Iterator[Result], secret: NDArray[Any]) -> Iterator[Result]:
    """Pass results on, and overwrite an array when the last one is out or the reader leaves."""
    try:
        yield from results
    finally:
        secret.fill(0)

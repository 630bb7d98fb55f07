"""Jobs in, their results out in the same order, done by a few threads that stay only a little ahead of the reader."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from pleura.errors import TermsError

__all__ = ["in_order"]

Job = TypeVar("Job")
Result = TypeVar("Result")
Workspace = TypeVar("Workspace")


def in_order(
    work: Callable[[Workspace, Job], Result], workspace: Callable[[], Workspace], jobs: Iterable[Job], threads: int
) -> Iterator[Result]:
    """Do each job in a workspace of its thread's own; results come in the jobs' order.

    At most `threads` jobs are under way or done ahead of the one that is given out.

    Raises
    ------
    TermsError
        If there is no thread to work with.
    """
    if threads < 1:
        raise TermsError(f"work needs 1 or more threads, got {threads}")
    if threads == 1:
        room = workspace()
        for job in jobs:
            yield work(room, job)
        return
    rooms: SimpleQueue[Workspace] = SimpleQueue()
    for _ in range(threads):
        rooms.put(workspace())

    def once(job: Job) -> Result:
        room = rooms.get()
        try:
            return work(room, job)
        finally:
            rooms.put(room)

    ahead: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
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

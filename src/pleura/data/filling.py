"""Cases and what is to be made of each in; all made, in this process or in several, out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from pleura.data.cohort import Case

__all__ = ["fill_each"]

Made = TypeVar("Made")


def fill_each(
    fill: Callable[[Case], Made],
    cases: Sequence[Case],
    *,
    workers: int,
    on_done: Callable[[Case, Made], object],
) -> list[Made]:
    """Make something of each case.

    Parameters
    ----------
    fill : takes a case; with several workers it must be picklable
    cases : any
    workers : processes
    on_done : called for each case as soon as it is done, in whatever order that is

    Returns
    -------
    What `fill` gave, in the order of the cases.

    Raises
    ------
    Exception
        What `fill` raises, of the case that raises first; work that has not begun is given up.
    """
    if min(workers, len(cases)) < 2:
        made = []
        for case in cases:
            made.append(fill(case))
            on_done(case, made[-1])
        return made
    found: dict[int, Made] = {}
    # Fresh interpreters: a fork would inherit the locks of this process's threads.
    with ProcessPoolExecutor(min(workers, len(cases)), mp_context=get_context("spawn")) as pool:
        pending = {pool.submit(fill, case): place for place, case in enumerate(cases)}
        try:
            for future in as_completed(pending):
                place = pending[future]
                found[place] = future.result()
                on_done(cases[place], found[place])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [found[place] for place in range(len(cases))]

"""Named steps in, wall seconds by step out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

__all__ = ["StepClock"]


class StepClock:
    """Times the steps of one run, in order, and tells a listener when each begins.

    Examples
    --------
    >>> begun = []
    >>> clock = StepClock(begun.append)
    >>> with clock.step("read"):
    ...     pass
    >>> begun, list(clock.seconds)
    (['read'], ['read'])
    """

    def __init__(self, on_step: Callable[[str], None] = lambda _: None) -> None:
        self._on_step = on_step
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what runs inside; a name that comes twice adds up."""
        self._on_step(name)
        begin = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - begin

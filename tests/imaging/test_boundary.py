"""What leaves the boundary around foreign parsers."""

import struct
import threading
import warnings

import pytest

from pleura.errors import GeometryError, UnreadableFileError
from pleura.imaging.boundary import reading


@pytest.mark.parametrize(
    "error",
    [
        struct.error("x"),
        KeyError("x"),
        RecursionError("x"),
        MemoryError(),
        NotImplementedError("a\nb"),
        OSError(5, "x"),
    ],
)
def test_any_exception_becomes_ours_in_one_line(error: Exception) -> None:
    with (
        pytest.raises(UnreadableFileError, match=rf"^slice 3 is damaged.*{type(error).__name__}") as refusal,
        reading("slice 3"),
    ):
        raise error
    assert refusal.value.__cause__ is error
    assert "\n" not in str(refusal.value)


def test_our_own_errors_pass_and_so_do_interrupts() -> None:
    for error in (GeometryError("own"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(error)), reading("it"):
            raise error


def test_warnings_stay_inside_and_come_back_after() -> None:
    with reading("it"):
        warnings.warn("hidden", stacklevel=1)
    with pytest.warns(UserWarning, match="seen"):
        warnings.warn("seen", stacklevel=1)


def test_overlapping_threads_leave_warnings_as_they_were() -> None:
    """Two blocks that overlap without nesting: the first to enter leaves first."""
    before = list(warnings.filters)
    steps = [threading.Event() for _ in range(3)]

    def second() -> None:
        steps[0].wait(5)
        with reading("b"):
            steps[1].set()
            steps[2].wait(5)
            warnings.warn("hidden", stacklevel=1)

    thread = threading.Thread(target=second)
    thread.start()
    with reading("a"):
        steps[0].set()
        steps[1].wait(5)
    steps[2].set()
    thread.join()
    assert list(warnings.filters) == before

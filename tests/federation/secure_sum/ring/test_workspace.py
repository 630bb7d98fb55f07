"""Memory that is lent again, wiped; and rows that are spread out and drawn together where they lie."""

import numpy as np
import pytest

from pleura.federation.secure_sum.ring.workspace import Workspace, borrowed, narrow, widen


def test_nobody_gets_what_another_has() -> None:
    with borrowed() as first, borrowed() as second:
        assert not any(np.shares_memory(a, b) for a in vars(first).values() for b in vars(second).values())


def filled_and_left(kept: list[Workspace]) -> None:
    with borrowed() as memory:
        kept.append(memory)
        memory.bits[:] = 1
        memory.masks[:] = 2
        memory.planes[:] = 3
        raise RuntimeError("on purpose")


def test_memory_comes_back_wiped_also_after_an_error() -> None:
    kept: list[Workspace] = []
    with pytest.raises(RuntimeError, match="on purpose"):
        filled_and_left(kept)
    (memory,) = kept
    assert not memory.bits.any()
    assert not memory.masks.any()
    assert not memory.planes.any()
    with borrowed() as again:
        assert again is memory


@pytest.mark.parametrize("lanes", range(1, 17))
def test_rows_are_spread_and_drawn_together_in_place(lanes: int, rng: np.random.Generator) -> None:
    rows = rng.integers(1, 2**32, (50, lanes)).astype(np.uint32)
    x = rng.integers(0, 2**32, 50 * 16).astype(np.uint32)
    x[: rows.size] = rows.reshape(-1)
    widen(x, 50, lanes)
    assert (x.reshape(50, 16)[:, :lanes] == rows).all()
    assert not x.reshape(50, 16)[:, lanes:].any()
    narrow(x, 50, lanes)
    assert (x[: rows.size].reshape(50, lanes) == rows).all()

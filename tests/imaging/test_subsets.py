import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import GeometryError
from pleura.imaging.subsets import slice_subsets

ranges = st.tuples(st.integers(0, 300), st.integers(8, 900)).map(lambda pair: (pair[0], pair[0] + pair[1]))
seeds = st.integers(0, 2**32)


@given(ranges, seeds)
def test_every_subset_is_ordered_and_within_the_lungs(extent: tuple[int, int], seed: int) -> None:
    subsets = slice_subsets(*extent, seed=seed)
    assert subsets.shape == (5, 16)
    assert subsets.min() >= extent[0]
    assert subsets.max() < extent[1]
    assert (np.diff(subsets, axis=1) >= 0).all()
    if extent[1] - extent[0] >= 16:
        assert (np.diff(subsets, axis=1) >= 1).all()


@given(ranges, seeds)
def test_each_sixteenth_of_the_lungs_gives_one_slice(extent: tuple[int, int], seed: int) -> None:
    first, last = extent
    interval = (last - first) / 16
    for subset in slice_subsets(first, last, seed=seed):
        # The slice [k, k + 1) meets the i-th interval [i, i + 1) * interval.
        begin = np.arange(16) * interval
        position = subset - first
        assert (position + 1 > begin).all()
        assert (position < begin + interval).all()


@given(ranges, seeds)
def test_neighbours_lie_one_interval_apart_to_a_slice(extent: tuple[int, int], seed: int) -> None:
    steps = np.diff(slice_subsets(*extent, seed=seed), axis=1)
    interval = (extent[1] - extent[0]) / 16
    assert (steps >= np.floor(interval)).all()
    assert (steps <= np.ceil(interval)).all()


@given(ranges, seeds)
def test_same_seed_same_subsets(extent: tuple[int, int], seed: int) -> None:
    np.testing.assert_array_equal(slice_subsets(*extent, seed=seed), slice_subsets(*extent, seed=seed))


def test_another_seed_gives_other_subsets_and_the_five_differ() -> None:
    one = slice_subsets(0, 320, seed=1)
    assert (one != slice_subsets(0, 320, seed=2)).any()
    assert len({tuple(row) for row in one}) > 1


def test_one_slice_per_interval_leaves_no_choice() -> None:
    np.testing.assert_array_equal(slice_subsets(7, 23, seed=9), np.tile(np.arange(7, 23), (5, 1)))


def test_eight_slices_are_each_taken_twice_on_average() -> None:
    subsets = slice_subsets(0, 8, count=200, seed=0)
    counts = np.apply_along_axis(np.bincount, 1, subsets, minlength=8)
    assert (counts.sum(axis=1) == 16).all()
    assert counts.min() >= 1
    assert counts.max() <= 3


def test_starts_are_uniform_over_the_first_interval() -> None:
    firsts = slice_subsets(0, 160, count=20_000, seed=4)[:, 0]
    counts = np.bincount(firsts, minlength=10)
    assert len(counts) == 10
    # Expected 2000 each with a standard deviation of 42; five of them either way.
    assert (abs(counts - 2000) < 5 * 42.5).all()


@pytest.mark.parametrize(("first", "last"), [(0, 7), (5, 5), (9, 3), (-1, 30)])
def test_too_few_lung_slices_are_refused(first: int, last: int) -> None:
    with pytest.raises(GeometryError, match="needs at least 8"):
        slice_subsets(first, last, seed=0)

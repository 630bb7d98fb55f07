"""Which slices a slice network sees: every one, or as many as it may, evenly spread."""

import numpy as np
import pytest

from pleura.errors import GeometryError
from pleura.imaging.sequence import slice_sequence


def test_few_slices_are_all_taken_in_order() -> None:
    for count in (8, 23, 24):
        assert slice_sequence(count, most=24).tolist() == list(range(count))


@pytest.mark.parametrize("count", [25, 40, 97, 513])
@pytest.mark.parametrize("phase", [0.0, 0.5, 0.9999999999999999])
def test_many_slices_are_thinned_so_that_no_part_of_the_lungs_is_missed(count: int, phase: float) -> None:
    most = 24
    indices = slice_sequence(count, most=most, phase=phase)
    assert len(indices) == most
    assert len(set(indices.tolist())) == most
    # A slow second way: one slice from each of `most` equal parts, whose borders are whole multiples of count / most.
    for part, index in enumerate(indices.tolist()):
        assert part * count // most <= index <= (part + 1) * count / most
    widest = np.diff(np.concatenate([[-1], indices, [count]])).max()
    assert widest <= 2 * count / most + 1


def test_by_hand() -> None:
    assert slice_sequence(10, most=4, phase=0.0).tolist() == [0, 2, 5, 7]
    assert slice_sequence(10, most=4).tolist() == [1, 3, 6, 8]


def test_each_slice_is_as_likely_as_another_over_phases() -> None:
    counts = np.zeros(40)
    for phase in (np.arange(1000) + 0.5) / 1000:
        counts[slice_sequence(40, most=16, phase=float(phase))] += 1
    np.testing.assert_allclose(counts, 1000 * 16 / 40, rtol=0.01)


def test_fewer_than_eight_are_refused() -> None:
    with pytest.raises(GeometryError, match="7 slices show lung; the classifier needs at least 8"):
        slice_sequence(7, most=24)

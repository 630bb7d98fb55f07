"""Litres, slices and notes of masks by hand; the slice ranges that LUNGS_VERSION stands for."""

import numpy as np
import pytest

from imaging.lungs.boxes import lung_boxes, volume_of
from pleura.data.cache import LUNGS_VERSION
from pleura.errors import NoLungsError
from pleura.imaging.lungs import lung_litres, lung_notes, lung_slices, segment_lungs


def _mask() -> np.ndarray:
    _, right, left = lung_boxes()
    return (right + 2 * left).astype(np.uint8)


def test_litres_and_slices_by_hand() -> None:
    hu, _, _ = lung_boxes()
    each = 28 * 32 * 23 * 80 / 1e6
    assert lung_litres(_mask(), volume_of(hu)) == pytest.approx((each, each))
    assert lung_slices(_mask()) == slice(6, 34)
    with pytest.raises(NoLungsError, match="40 slices is empty"):
        lung_slices(np.zeros((40, 60, 80), np.uint8))


def test_a_slice_with_a_sliver_does_not_count() -> None:
    mask = _mask()
    mask[3, 20:22, 20:22] = 1
    assert lung_slices(mask).start == 6
    assert lung_slices(mask, least_share=0.001).start == 3


def test_whole_aerated_lungs_need_no_note() -> None:
    assert lung_notes(_mask(), volume_of(lung_boxes()[0])) == ()


def test_each_note_by_hand() -> None:
    hu, right, left = lung_boxes()
    mask = _mask()
    assert lung_notes(mask[6:], volume_of(hu[6:])) == ("the lungs are cut off at the lower end of the scan",)
    assert lung_notes(mask[:34], volume_of(hu[:34])) == ("the lungs are cut off at the upper end of the scan",)
    assert lung_notes(np.where(right, 1, 0).astype(np.uint8), volume_of(hu)) == ("no left lung was found",)
    small = left.copy()
    small[18:] = False
    (note,) = lung_notes((right + 2 * small).astype(np.uint8), volume_of(hu))
    assert note.startswith("the left lung is small")
    hu[left] = 40
    (note,) = lung_notes(mask, volume_of(hu))
    assert note == "the left lung holds hardly any air: its outline is inferred from the other side"


def _opaque_part(first: int, last: int) -> np.ndarray:
    hu, _, left = lung_boxes()
    part = left.copy()
    part[:first] = part[last:] = False
    hu[part] = 40
    return hu


@pytest.mark.parametrize(
    ("hu", "version", "extent"),
    [
        (lung_boxes()[0], 2, (6, 34)),
        (_opaque_part(6, 20), 2, (4, 34)),
        (_opaque_part(6, 34), 2, (6, 34)),
    ],
    ids=["healthy", "half opaque", "white-out"],
)
def test_slice_ranges_change_only_with_the_version(hu: np.ndarray, version: int, extent: tuple[int, int]) -> None:
    # where this fails because a range changed for good reason: raise LUNGS_VERSION, and pin both anew here
    found = lung_slices(segment_lungs(volume_of(hu)))
    assert (LUNGS_VERSION, found.start, found.stop) == (version, *extent)

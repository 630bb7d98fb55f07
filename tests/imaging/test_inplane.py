import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import GeometryError
from pleura.imaging.field import Field
from pleura.imaging.inplane import prepare, prepare_labels, resize_area
from pleura.imaging.volume import Source, Volume


def _volume(hu: np.ndarray) -> Volume:
    affine = np.array([[0, 0, 1.0, 0], [0, 1.0, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1]])
    return Volume(hu=hu.astype(np.int16), affine=affine, source=Source(format="dicom", sha256=""))


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_a_whole_factor_gives_the_block_mean(rng, factor: int) -> None:
    stack = rng.integers(-1200, 600, (3, 32 * factor, 32 * factor)).astype(np.int16)
    blocks = stack.reshape(3, 32, factor, 32, factor).mean(axis=(2, 4))
    np.testing.assert_allclose(resize_area(stack, 32), blocks, rtol=0, atol=2e-3)


def test_rows_and_columns_may_differ(rng) -> None:
    stack = rng.normal(size=(2, 24, 40))
    blocks = stack.reshape(2, 8, 3, 8, 5).mean(axis=(2, 4))
    np.testing.assert_allclose(resize_area(stack, 8), blocks, rtol=0, atol=1e-5)


@pytest.mark.parametrize("old", [5, 37, 100, 130])
def test_any_matrix_against_a_fine_grid(rng, old: int) -> None:
    """Area averaging is what repeating each pixel `size` times and averaging blocks of `old` gives."""
    size = 12
    stack = rng.normal(size=(1, old, old))
    fine = np.repeat(np.repeat(stack, size, axis=1), size, axis=2)
    slow = fine.reshape(1, size, old, size, old).mean(axis=(2, 4))
    np.testing.assert_allclose(resize_area(stack, size), slow, rtol=0, atol=1e-5)


@given(st.integers(8, 90), st.integers(8, 40), st.integers(0, 2**31))
def test_the_mean_is_kept_and_no_new_extremes_arise(old: int, size: int, seed: int) -> None:
    stack = np.random.default_rng(seed).uniform(-1200, 600, (1, old, old))
    small = resize_area(stack, size)
    assert abs(small.mean() - stack.mean()) < 0.01
    assert small.min() >= stack.min() - 0.01
    assert small.max() <= stack.max() + 0.01


def test_clipping_comes_before_averaging() -> None:
    hu = np.full((10, 16, 16), -800)
    hu[:, 0, 0] = 3000  # metal: counts as 600, not as 3000
    prepared = prepare(_volume(hu), Field((0, 10), (0, 16), (0, 16)), size=8)
    assert prepared[0, 0, 0] == (3 * -800 + 600) / 4
    assert prepared[0, 4, 4] == -800


def test_only_the_lungs_slices_in_their_order_rounded() -> None:
    hu = np.broadcast_to(np.arange(20)[:, None, None] * 10, (20, 8, 8)).copy()
    hu[:, 0, 0] += 3  # the mean of a 1 x 1 block is itself; of 2 x 2 it is 0.75 more
    prepared = prepare(_volume(hu), Field((4, 9), (0, 8), (0, 8)), size=4)
    assert prepared.dtype == np.int16
    np.testing.assert_array_equal(prepared[:, 2, 2], [40, 50, 60, 70, 80])
    np.testing.assert_array_equal(prepared[:, 0, 0], [41, 51, 61, 71, 81])


def test_the_volume_is_left_alone(rng) -> None:
    hu = rng.integers(-2000, 3000, (9, 16, 16)).astype(np.int16)
    before = hu.copy()
    prepare(_volume(hu), Field((0, 9), (0, 16), (0, 16)), size=8)
    np.testing.assert_array_equal(hu, before)


@pytest.mark.parametrize("extent", [(-1, 5), (3, 11)])
def test_a_range_outside_the_volume_is_refused(extent: tuple[int, int]) -> None:
    with pytest.raises(GeometryError, match="do not lie in a volume of 10 slices"):
        prepare(_volume(np.zeros((10, 8, 8))), Field(extent, (0, 8), (0, 8)))


def test_a_field_is_cut_out_and_beyond_the_image_is_air() -> None:
    hu = np.broadcast_to(np.arange(64).reshape(8, 8), (9, 8, 8)).copy()
    prepared = prepare(_volume(hu), Field((0, 9), (-2, 6), (3, 11)), size=8)
    expected = np.full((8, 8), -1200)
    expected[2:, :5] = np.arange(64).reshape(8, 8)[:6, 3:]
    np.testing.assert_array_equal(prepared[4], expected)


@pytest.mark.parametrize(("rows", "columns"), [((8, 12), (0, 8)), ((0, 8), (-9, 0))])
def test_a_field_beside_the_image_is_refused(rows: tuple[int, int], columns: tuple[int, int]) -> None:
    with pytest.raises(GeometryError, match="do not lie in an image of 8"):
        prepare(_volume(np.zeros((10, 8, 8))), Field((0, 10), rows, columns))


def test_labels_follow_the_slices_by_the_kind_that_covers_most() -> None:
    labels = np.zeros((2, 8, 8), np.uint8)
    labels[1, 0, 0] = 2  # a quarter of its block of four
    labels[1, 2:4, 2] = 1
    labels[1, 3, 3] = 4  # two to one
    labels[1, 4:6, 7] = 3
    small = prepare_labels(labels, Field((0, 2), (0, 8), (0, 8)), size=4)
    assert small.dtype == np.uint8
    assert not small[0].any()
    expected = np.zeros((4, 4), np.uint8)
    expected[0, 0], expected[1, 1], expected[2, 3] = 2, 1, 3
    np.testing.assert_array_equal(small[1], expected)


def test_a_label_on_less_than_a_quarter_of_a_pixel_is_left_out() -> None:
    labels = np.zeros((1, 6, 6), np.uint8)
    labels[0, 0, :2] = 1  # two of nine
    labels[0, 3:, 3] = 1  # three of nine
    small = prepare_labels(labels, Field((0, 1), (0, 6), (0, 6)), size=2)
    np.testing.assert_array_equal(small[0], [[0, 0], [0, 1]])

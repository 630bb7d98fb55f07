"""Key pictures: the right slices, the right way round."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pleura.export.key_slices import KeyPicture, choose_key_slices, coronal_picture, key_pictures
from pleura.imaging.volume import Source, Volume


def _volume(
    spacing: tuple[float, float, float] = (5.0, 1.0, 1.0), shape: tuple[int, int, int] = (20, 60, 80)
) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    return Volume(hu=np.full(shape, -300, np.int16), affine=affine, source=Source(format="synthetic", sha256="0" * 64))


def _pixels(png: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)))


def _lungs(shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    lungs = np.zeros(shape, np.uint8)
    lungs[3:17, 10:50, 8:35] = 1
    lungs[3:17, 10:50, 45:72] = 2
    return lungs


def test_the_hottest_slices_are_chosen_apart_and_from_head_to_feet() -> None:
    lungs = _lungs((20, 60, 80))
    heat = np.zeros(lungs.shape, np.uint8)
    heat[5, 20, 20], heat[6, 20, 20], heat[12, 20, 20] = 200, 190, 100
    heat[1, 20, 20] = 255  # outside the lungs: does not count
    assert choose_key_slices(heat, lungs, 2) == [12, 5]


def test_without_heat_the_lungs_are_covered_evenly() -> None:
    lungs = _lungs((20, 60, 80))
    slices = choose_key_slices(np.zeros(lungs.shape, np.uint8), lungs, 3)
    assert len(slices) == 3
    assert slices == sorted(slices, reverse=True)
    assert all(3 <= k < 17 for k in slices)


def test_heat_on_the_patients_left_is_drawn_on_the_pictures_right() -> None:
    volume = _volume()
    lungs = _lungs(volume.shape)
    heat = np.zeros(volume.shape, np.uint8)
    heat[8:12, 15:25, 55:65] = 255
    for picture in (*key_pictures(volume, lungs, heat, count=1), coronal_picture(volume, lungs, heat)):
        red = _pixels(picture.overlay_png)[:, :, 0].astype(int) - _pixels(picture.overlay_png)[:, :, 1]
        columns = np.flatnonzero((red > 20).any(0))
        assert columns.min() > red.shape[1] / 2


def test_the_head_is_up_in_the_coronal_picture() -> None:
    volume = _volume()
    hu = np.full(volume.shape, -1000, np.int16)
    hu[15:] = 500
    bright = Volume(hu=hu, affine=volume.affine, source=volume.source)
    empty = np.zeros(volume.shape, np.uint8)
    picture = coronal_picture(bright, _lungs(volume.shape), empty)
    pixels = _pixels(picture.plain_png)
    assert pixels[2].mean() > 200
    assert pixels[-3].mean() < 60


@pytest.mark.parametrize(("spacing", "ratio"), [((5.0, 1.0, 1.0), 80 / 100), ((1.0, 1.0, 1.0), 80 / 20)])
def test_pixels_are_square(spacing: tuple[float, float, float], ratio: float) -> None:
    volume = _volume(spacing)
    picture: KeyPicture = coronal_picture(volume, _lungs(volume.shape), np.zeros(volume.shape, np.uint8))
    height, width = _pixels(picture.plain_png).shape[:2]
    assert width / height == pytest.approx(ratio, rel=0.02)


def test_both_outlines_are_drawn() -> None:
    volume = _volume()
    picture = key_pictures(volume, _lungs(volume.shape), np.zeros(volume.shape, np.uint8), count=1)[0]
    pixels = _pixels(picture.overlay_png).reshape(-1, 3)
    assert (pixels == (70, 200, 255)).all(1).any()
    assert (pixels == (120, 255, 150)).all(1).any()

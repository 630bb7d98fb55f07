"""Key pictures: the right slices, the right way round."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from pleura.export.key_slices import KeyPicture, choose_key_slices, coronal_picture, key_pictures
from pleura.export.lesion_kinds import KIND_COLOURS
from pleura.imaging.volume import Source, Volume


def _volume(
    spacing: tuple[float, float, float] = (5.0, 1.0, 1.0), shape: tuple[int, int, int] = (20, 60, 80)
) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    affine[:3, 3] = (-40, -30, 100)
    return Volume(hu=np.full(shape, -300, np.int16), affine=affine, source=Source(format="synthetic", sha256="0" * 64))


def _pixels(png: bytes | None) -> npt.NDArray[np.uint8]:
    """Colours and opacity, (high, wide, 4)."""
    assert png is not None
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


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


def test_lesions_come_before_heat_and_a_given_choice_before_both() -> None:
    volume = _volume()
    lungs = _lungs(volume.shape)
    heat, kinds = np.zeros(volume.shape, np.uint8), np.zeros(volume.shape, np.uint8)
    heat[5, 20, 20], kinds[9, 20, 20] = 255, 1
    (by_heat,) = key_pictures(volume, lungs, heat=heat, kinds=np.zeros_like(kinds), count=1)
    (by_lesion,) = key_pictures(volume, lungs, heat=heat, kinds=kinds, count=1)
    chosen = key_pictures(volume, lungs, heat=heat, kinds=kinds, slices=(12, 14, 3), count=2)
    assert by_heat.title == "Axial slice 6 of 20 (from the feet), S 125.0 mm"
    assert by_lesion.title.startswith("Axial slice 10 of 20")
    assert [picture.title[:14] for picture in chosen] == ["Axial slice 15", "Axial slice 13"]


def test_heat_on_the_patients_left_is_drawn_on_the_pictures_right() -> None:
    volume = _volume()
    lungs = _lungs(volume.shape)
    heat = np.zeros(volume.shape, np.uint8)
    heat[8:12, 15:25, 55:65] = 255
    for picture in (*key_pictures(volume, lungs, heat=heat, count=1), coronal_picture(volume, lungs, heat=heat)):
        pixels = _pixels(picture.heat).astype(int)
        red = (pixels[:, :, 0] - pixels[:, :, 2] > 60) & (pixels[:, :, 3] > 60)
        assert red.any()
        assert np.flatnonzero(red.any(0)).min() > red.shape[1] / 2
        assert picture.lesions is None


def test_each_kind_of_lesion_has_an_outline_of_its_colour_around_it() -> None:
    volume = _volume()
    lungs = _lungs(volume.shape)
    kinds = np.zeros(volume.shape, np.uint8)
    kinds[8:12, 15:35, 12:22], kinds[8:12, 15:35, 55:65] = 1, 2
    (picture,) = key_pictures(volume, lungs, kinds=kinds, count=1)
    pixels = _pixels(picture.lesions)
    high, wide = pixels.shape[:2]
    assert wide == 2 * picture.size[1]
    per_mm = wide / (picture.size[1] * picture.mm_per_pixel)
    for kind, first in ((1, 12), (2, 55)):
        rows, columns = np.nonzero((pixels == (*KIND_COLOURS[kind], 255)).all(axis=2))
        edges = columns.min() / per_mm, (columns.max() + 1) / per_mm
        assert edges == pytest.approx((first, first + 10), abs=0.8)  # the picture begins at the volume's first column
        assert ((rows.max() + 1 - rows.min()) / per_mm) == pytest.approx(20, abs=0.8)
        inside = pixels[high // 2 - 5 : high // 2, round((first + 5) * per_mm)]
        assert (inside[:, 3] == 0).all()
    assert picture.heat is None


def test_the_head_is_up_in_the_coronal_picture() -> None:
    volume = _volume()
    hu = np.full(volume.shape, -1000, np.int16)
    hu[15:] = 500
    bright = Volume(hu=hu, affine=volume.affine, source=volume.source)
    picture = coronal_picture(bright, _lungs(volume.shape))
    pixels = _pixels(picture.ct)
    assert pixels[2, :, 0].mean() > 200
    assert pixels[-3, :, 0].mean() < 60
    assert picture.top == "H"


@pytest.mark.parametrize(("spacing", "ratio"), [((5.0, 1.0, 1.0), 80 / 100), ((1.0, 1.0, 1.0), 80 / 20)])
def test_pixels_are_square_and_of_the_size_that_the_scale_bar_is_drawn_by(
    spacing: tuple[float, float, float], ratio: float
) -> None:
    volume = _volume(spacing)
    picture: KeyPicture = coronal_picture(volume, _lungs(volume.shape))
    height, width = _pixels(picture.ct).shape[:2]
    assert (height, width) == picture.size
    assert width / height == pytest.approx(ratio, rel=0.02)
    assert width * picture.mm_per_pixel == pytest.approx(80)

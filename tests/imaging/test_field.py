"""The field against boxes whose bounds are known beforehand."""

import numpy as np
import pytest

from pleura.errors import GeometryError, NoLungsError
from pleura.imaging.field import Field, find_field
from pleura.imaging.volume import Source, Volume


def _volume(spacing: tuple[float, float, float] = (5.0, 1.0, 1.0)) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = *spacing, 1.0
    return Volume(hu=np.zeros((12, 80, 100), np.int16), affine=affine, source=Source(format="synthetic", sha256=""))


def _lungs() -> np.ndarray:
    lungs = np.zeros((12, 80, 100), np.uint8)
    lungs[3:9, 30:60, 20:40] = 1
    lungs[3:8, 25:60, 50:80] = 2
    return lungs


def test_the_whole_slice() -> None:
    assert find_field(_lungs(), _volume(), "slice") == Field((3, 9), (0, 80), (0, 100))


def test_a_square_around_the_lungs() -> None:
    # columns 20 to 80 and 10 mm on either side; rows 25 to 60, as long, around the same middle
    assert find_field(_lungs(), _volume(), "lungs") == Field((3, 9), (2, 82), (10, 90))


def test_the_square_is_one_in_millimetres() -> None:
    field = find_field(_lungs(), _volume((5.0, 1.0, 0.5)), "lungs")
    # 35 rows of 1 mm and 60 columns of 0.5 mm: 35 mm and 20 mm of margin, 55 rows or 110 columns
    assert field == Field((3, 9), (15, 70), (-5, 105))


@pytest.mark.parametrize(("kind", "message"), [("body", 'no field is called "body"; choose one of slice, lungs')])
def test_an_unknown_kind_is_refused(kind: str, message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        find_field(_lungs(), _volume(), kind)


def test_a_mask_of_another_grid_is_refused() -> None:
    with pytest.raises(GeometryError, match="need the same"):
        find_field(_lungs()[:-1], _volume(), "slice")


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(NoLungsError):
        find_field(np.zeros((12, 80, 100), np.uint8), _volume(), "lungs")


def test_an_empty_field_is_refused() -> None:
    with pytest.raises(GeometryError, match="rows go from 5 to 5"):
        Field((0, 2), (5, 5), (0, 3))

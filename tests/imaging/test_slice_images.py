from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.errors import GeometryError, IntensityError, UnreadableFileError
from pleura.imaging.limits import Limits
from pleura.imaging.slice_images import is_picture_name, read_slice_images


def _save(path: Path, levels: np.ndarray, mode: str = "L") -> Path:
    Image.fromarray(levels).convert(mode).save(path)
    return path


def test_slices_come_in_the_order_given(tmp_path: Path, rng: np.random.Generator) -> None:
    stack = rng.integers(0, 256, (3, 5, 7), dtype=np.uint8)
    paths = [_save(tmp_path / f"{place}.png", levels) for place, levels in enumerate(stack)]
    np.testing.assert_array_equal(read_slice_images(paths), stack)
    np.testing.assert_array_equal(read_slice_images(paths[::-1]), stack[::-1])


@pytest.mark.parametrize(
    ("mode", "ending"), [("L", ".bmp"), ("RGB", ".png"), ("RGBA", ".png"), ("P", ".png"), ("LA", ".png")]
)
def test_grey_pictures_of_any_mode_are_the_same_levels(tmp_path: Path, mode: str, ending: str) -> None:
    levels = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
    np.testing.assert_array_equal(read_slice_images([_save(tmp_path / f"a{ending}", levels, mode)])[0], levels)


def test_jpeg_loses_little(tmp_path: Path) -> None:
    levels = np.repeat(np.arange(0, 256, 8, dtype=np.uint8)[:, None], 32, axis=1)
    got = read_slice_images([_save(tmp_path / "a.jpg", levels, "RGB")])[0]
    assert np.abs(got.astype(int) - levels).max() <= 8


def test_colour_and_many_levels_are_refused(tmp_path: Path) -> None:
    red = np.zeros((4, 4, 3), np.uint8)
    red[1, 1] = (200, 40, 40)
    Image.fromarray(red).save(tmp_path / "red.png")
    with pytest.raises(IntensityError, match="in colour"):
        read_slice_images([tmp_path / "red.png"])
    Image.fromarray(np.full((4, 4), 3000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(IntensityError, match="256 grey levels are expected"):
        read_slice_images([tmp_path / "deep.png"])


def test_what_is_no_stack_is_refused(tmp_path: Path) -> None:
    small = _save(tmp_path / "small.png", np.zeros((4, 4), np.uint8))
    large = _save(tmp_path / "large.png", np.zeros((4, 5), np.uint8))
    with pytest.raises(GeometryError, match=r"large\.png has 4 x 5 pixels, where small\.png has 4 x 4"):
        read_slice_images([small, large])
    with pytest.raises(UnreadableFileError, match="0 pictures"):
        read_slice_images([])
    with pytest.raises(UnreadableFileError, match="past the limit of 3 a side"):
        read_slice_images([small], Limits(matrix=3))
    cut = tmp_path / "cut.png"
    cut.write_bytes(small.read_bytes()[:40])
    with pytest.raises(UnreadableFileError, match=r"cut\.png is damaged"):
        read_slice_images([cut])
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(UnreadableFileError, match=r"text\.png is damaged"):
        read_slice_images([text])
    frames = [Image.fromarray(np.full((4, 4), n, np.uint8)) for n in range(2)]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableFileError, match="several pictures"):
        read_slice_images([tmp_path / "two.tif"])


def test_names_of_pictures() -> None:
    assert [is_picture_name(name) for name in ("a.PNG", "b.jpeg", "c.dcm", "png")] == [True, True, False, False]

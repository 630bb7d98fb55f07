from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from diagnosis.chest_phantom import chest_phantom
from pleura.errors import GeometryError, IntensityError, UnreadableFileError
from pleura.imaging.limits import Limits
from pleura.imaging.metaimage_read import read_metaimage, read_metaimage_header


@pytest.fixture(scope="module")
def chest() -> tuple[np.ndarray, np.ndarray]:
    volume, _ = chest_phantom(side="left", low=True)
    return np.array(volume.hu), np.array(volume.affine)


def _image(hu: np.ndarray, affine: np.ndarray) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(hu)
    z, y, x = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing((float(x), float(y), float(z)))
    image.SetOrigin(tuple(float(value) for value in affine[:3, 3]))
    return image


def test_voxels_affine_and_words_come_back(tmp_path: Path, chest: tuple[np.ndarray, np.ndarray]) -> None:
    hu, affine = chest
    image = _image(hu, affine)
    image.SetMetaData("PatientSex", "F")
    SimpleITK.WriteImage(image, str(tmp_path / "a.mha"), useCompression=True)
    got, where, header = read_metaimage(tmp_path / "a.mha")
    np.testing.assert_array_equal(got, hu)
    np.testing.assert_allclose(where, affine, atol=1e-6)
    assert header.words["PatientSex"] == "F"
    assert header.shape == hu.shape


def test_turned_axes_are_turned_back_to_the_patients(tmp_path: Path, chest: tuple[np.ndarray, np.ndarray]) -> None:
    hu, affine = chest
    turned = SimpleITK.PermuteAxes(_image(hu, affine), [2, 0, 1])
    turned = SimpleITK.Flip(turned, [True, False, True])
    SimpleITK.WriteImage(turned, str(tmp_path / "a.mha"))
    got, where, _ = read_metaimage(tmp_path / "a.mha")
    np.testing.assert_array_equal(got, hu)
    np.testing.assert_allclose(where, affine, atol=1e-4)


def test_what_is_no_chest_in_hu_is_refused(tmp_path: Path, chest: tuple[np.ndarray, np.ndarray]) -> None:
    hu, affine = chest
    SimpleITK.WriteImage(_image(hu + 1024, affine), str(tmp_path / "a.mha"))
    with pytest.raises(IntensityError, match="implausible HU"):
        read_metaimage(tmp_path / "a.mha")
    bad = hu.astype(np.float32)
    bad[3, 3, 3] = np.nan
    SimpleITK.WriteImage(_image(bad, affine), str(tmp_path / "b.mha"))
    with pytest.raises(IntensityError, match="not numbers"):
        read_metaimage(tmp_path / "b.mha")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(hu[0]), str(tmp_path / "c.mha"))
    with pytest.raises(GeometryError, match="where a volume is expected"):
        read_metaimage(tmp_path / "c.mha")


def test_damaged_and_false_files_are_refused(tmp_path: Path, chest: tuple[np.ndarray, np.ndarray]) -> None:
    hu, affine = chest
    SimpleITK.WriteImage(_image(hu, affine), str(tmp_path / "a.mha"))
    whole = (tmp_path / "a.mha").read_bytes()
    (tmp_path / "cut.mha").write_bytes(whole[:20000])
    with pytest.raises(UnreadableFileError, match=r"cut\.mha"):
        read_metaimage(tmp_path / "cut.mha")
    (tmp_path / "text.mha").write_text("nothing")
    with pytest.raises(UnreadableFileError, match="no MetaImage file with its voxels in it"):
        read_metaimage_header(tmp_path / "text.mha")
    (tmp_path / "elsewhere.mha").write_bytes(whole.replace(b"= LOCAL", b"= a.mha"))
    with pytest.raises(UnreadableFileError, match="with its voxels in it"):
        read_metaimage_header(tmp_path / "elsewhere.mha")
    with pytest.raises(UnreadableFileError, match="past the limits"):
        read_metaimage_header(tmp_path / "a.mha", Limits(voxels=1000))

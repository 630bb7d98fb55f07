"""NIfTI files of a known chest, whole and spoiled."""

import gzip
import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from imaging.dicom_phantom import Phantom, chest, points_of
from pleura.errors import GeometryError, IntensityError, StudyError, UnreadableFileError, UnsafeArchiveError
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_write import ras_affine, write_nifti
from pleura.imaging.study import load_study, open_study

PHANTOM = Phantom()
HU = np.rint(PHANTOM.hu()).astype(np.int16)  # (z, y, x)
RAS = ras_affine(PHANTOM.affine())


def image(
    array: np.ndarray = HU, affine: np.ndarray = RAS, kind: type[nib.Nifti1Image] = nib.Nifti1Image
) -> nib.Nifti1Image:
    return kind(array.transpose(2, 1, 0) if array.ndim == 3 else array, affine, dtype=array.dtype)


def load(path: Path, what: nib.Nifti1Image) -> np.ndarray:
    """Save, load, and hold the voxels against the chest at their own places."""
    nib.save(what, path)
    volume, study = load_study(path)
    wanted = np.maximum(np.rint(chest(points_of(volume.affine, volume.shape))), -1024)
    assert study.chosen.slices == volume.shape[0]
    return np.abs(volume.hu - wanted)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_any_order_and_direction_of_axes(tmp_path: Path, order: tuple[int, ...], name: str) -> None:
    for flips in itertools.product((1, -1), repeat=3):
        data, affine = HU.transpose(2, 1, 0), RAS
        orientation = np.array([[axis, flip] for axis, flip in zip(np.argsort(order), flips, strict=True)], float)
        turned = nib.apply_orientation(data, orientation)
        turned_affine = affine @ nib.orientations.inv_ornt_aff(orientation, data.shape)
        assert load(tmp_path / name, nib.Nifti1Image(turned, turned_affine, dtype=np.int16)).max() == 0


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("dtype", ["int16", ">i2", "int32", "float32", "float64", "int64"])
def test_types_of_numbers(tmp_path: Path, dtype: str, kind: type[nib.Nifti1Image]) -> None:
    if dtype == ">i2":
        what = kind(HU.transpose(2, 1, 0), RAS, kind.header_class(endianness=">"), dtype=np.int16)
        assert what.header.endianness == ">"
    else:
        what = image(HU.astype(dtype), kind=kind)
    assert load(tmp_path / "a.nii.gz", what).max() == 0


def test_slope_and_intercept(tmp_path: Path) -> None:
    what = image((HU + 1024).astype(np.uint16))
    what.header.set_slope_inter(1.0, -1024.0)
    assert load(tmp_path / "a.nii", what).max() == 0
    what = image(np.rint((HU + 1000) / 4).astype(np.uint16))
    what.header.set_slope_inter(4.0, -1000.0)
    assert load(tmp_path / "b.nii", what).max() <= 2


def test_what_our_own_writer_wrote(tmp_path: Path) -> None:
    write_nifti(tmp_path / "a.nii.gz", HU, PHANTOM.affine(), description="thorax, synthetic")
    volume, study = load_study(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(volume.hu, HU)
    np.testing.assert_allclose(volume.affine, PHANTOM.affine(), atol=1e-4)
    assert (volume.source.format, volume.source.series_description) == ("nifti", "thorax, synthetic")
    assert study.chosen.series_uid == "a.nii.gz"


def test_qform_counts_where_there_is_no_sform(tmp_path: Path) -> None:
    what = image()
    what.set_qform(RAS, 1)
    what.set_sform(None, 0)
    assert load(tmp_path / "a.nii", what).max() == 0


def test_units_of_metres_and_micrometres(tmp_path: Path) -> None:
    for unit, worth in (("meter", 1000.0), ("micron", 0.001)):
        what = image(affine=np.diag([1 / worth] * 3 + [1]) @ RAS)
        what.header.set_xyzt_units(unit)
        assert load(tmp_path / "a.nii", what).max() <= 1  # the affine is kept in single precision


def test_a_trailing_axis_of_one_is_no_fourth(tmp_path: Path) -> None:
    what = nib.Nifti1Image(HU.transpose(2, 1, 0)[..., None], RAS, dtype=np.int16)
    assert load(tmp_path / "a.nii", what).max() == 0


def spoiled_affine(column: int, row: int, value: float) -> np.ndarray:
    out = RAS.copy()
    out[row, column] = value
    return out


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        (image(np.where(HU > 100, np.nan, HU).astype(np.float32)), IntensityError, "not numbers"),
        (image(np.where(HU > 100, np.inf, HU).astype(np.float32)), IntensityError, "not numbers"),
        (image(np.zeros(HU.shape, np.int16)), IntensityError, "implausible HU"),
        (image(np.full(HU.shape, -1000, np.int16)), IntensityError, "implausible HU"),
        (image(((HU.clip(-1000, 400) + 1000) / 5.5).astype(np.uint8)), IntensityError, "implausible HU"),
        (image((HU + 1024).astype(np.int16)), IntensityError, "implausible HU"),
        (image(HU.astype(np.float32) / 1000), IntensityError, "implausible HU"),
        (image(np.random.default_rng(0).integers(0, 256, HU.shape, np.uint8)), IntensityError, "implausible HU"),
        (image(np.random.default_rng(0).integers(-1000, 500, HU.shape, np.int16)), IntensityError, "as in noise"),
        (image(affine=spoiled_affine(1, 0, 2.0)), GeometryError, "axes that meet at"),
        (nib.Nifti1Image(np.stack([HU.transpose(2, 1, 0)] * 2, -1), RAS), GeometryError, "three are expected"),
        (nib.Nifti1Image(HU[0], RAS), GeometryError, "three are expected"),
        (image(HU[:10]), GeometryError, "10 slices"),
        (image(HU, np.diag([5.0, 5.0, 2.0, 1.0])), GeometryError, "covers 48 mm"),
        (image(HU.astype(np.complex64)), UnreadableFileError, "data of type 32"),
        (nib.Nifti1Image(np.zeros((8, 8, 8), [("R", "u1"), ("G", "u1"), ("B", "u1")]), RAS), StudyError, "type 128"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_each_fault_is_named(
    tmp_path: Path, what: nib.Nifti1Image, error: type[StudyError], words: str, name: str
) -> None:
    nib.save(what, tmp_path / name)
    with pytest.raises(error, match=words):
        load_study(tmp_path / name)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_an_affine_that_leads_nowhere(tmp_path: Path, value: float) -> None:
    nib.save(image(), tmp_path / "a.nii")
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[280:296] = np.array([value, 0, 0, 0], "<f4").tobytes()  # srow_x
    (tmp_path / "a.nii").write_bytes(data)
    with pytest.raises(GeometryError, match="no usable affine"):
        load_study(tmp_path / "a.nii")


def test_no_affine_at_all(tmp_path: Path) -> None:
    what = image()
    what.set_sform(None, 0)
    what.set_qform(None, 0)
    nib.save(what, tmp_path / "a.nii")
    with pytest.raises(GeometryError, match="sform_code and qform_code are 0"):
        load_study(tmp_path / "a.nii")


@pytest.mark.parametrize("change", [-1, 1, -5000, 300])
def test_a_size_that_does_not_fit_the_header(tmp_path: Path, change: int) -> None:
    nib.save(image(), tmp_path / "a.nii")
    data = (tmp_path / "a.nii").read_bytes()
    data = data[:change] if change < 0 else data + bytes(change)
    (tmp_path / "a.nii").write_bytes(data)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(data))
    for name, words in (("a.nii", "bytes where its header says"), ("b.nii.gz", "its header says")):
        with pytest.raises(UnreadableFileError, match=words):
            load_study(tmp_path / name)


def test_truncated_gzip(tmp_path: Path) -> None:
    nib.save(image(), tmp_path / "a.nii.gz")
    data = (tmp_path / "a.nii.gz").read_bytes()
    for cut in (0, 10, 200, len(data) // 2, len(data) - 4):
        (tmp_path / "a.nii.gz").write_bytes(data[:cut])
        with pytest.raises(UnreadableFileError):
            load_study(tmp_path / "a.nii.gz")


def test_sizes_past_the_limits_are_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((32_000, 32_000, 32_000))
    header.set_sform(RAS, 1)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(header.binaryblock + bytes(4)))
    with pytest.raises(UnreadableFileError, match="past the limits"):
        load_study(tmp_path / "a.nii.gz")


def test_a_gzip_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    nib.save(image(np.zeros((100, 64, 64), np.int16)), tmp_path / "a.nii.gz")
    with pytest.raises(UnsafeArchiveError, match="times its size"):
        open_study(tmp_path / "a.nii.gz", limits=Limits(ratio=100, ratio_from=1000))


def test_a_pair_of_header_and_image_is_not_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Pair(HU.transpose(2, 1, 0), RAS), tmp_path / "a.hdr")
    (tmp_path / "a.hdr").rename(tmp_path / "a.nii")
    with pytest.raises(UnreadableFileError, match="in one file"):
        load_study(tmp_path / "a.nii")

"""Whole studies of a chest known at every point: whatever way it is cut and packed, the Volume must hold it."""

import gzip
import itertools
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging.dicom_phantom import SYNTAXES, Phantom, chest, enhanced, points_of, series, uid, write
from pleura.errors import NoUsableSeriesError, StudyError, UnreadableFileError, UnsafeArchiveError
from pleura.imaging.limits import Limits
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study, open_study
from pleura.imaging.volume import Volume


def assert_holds_the_chest(volume: Volume, tolerance: float = 0.0) -> None:
    """Every voxel is the chest at its own place in the patient."""
    wanted = np.maximum(np.rint(chest(points_of(volume.affine, volume.shape))), -1024)
    assert np.abs(volume.hu - wanted).max() <= tolerance


IN_PLANE = [
    (*np.roll([first, 0, 0], swap), *np.roll([0, second, 0] if not swap else [second, 0, 0], 0))
    for swap, first, second in itertools.product((0, 1), (1, -1), (1, -1))
]


@pytest.mark.parametrize("upward", [True, False], ids=["upward", "downward"])
@pytest.mark.parametrize("orientation", IN_PLANE, ids=lambda o: "".join(f"{int(v):+d}" if v else "0" for v in o))
def test_any_direction_ends_in_the_canonical_grid(tmp_path: Path, orientation: tuple[float, ...], upward: bool) -> None:
    phantom = Phantom(orientation=tuple(map(float, orientation)), step=(0, 0, 8.0 if upward else -8.0))
    volume, _ = load_study(write(tmp_path / "s", phantom))
    axes = volume.affine[:3, :3]
    np.testing.assert_allclose(axes, np.diag(np.diag(axes[:, ::-1]))[:, ::-1], atol=1e-6)
    assert volume.spacing[0] == pytest.approx(8.0)
    assert sorted(volume.shape) == [24, 48, 56]
    assert_holds_the_chest(volume)


def test_an_oblique_reconstruction_keeps_its_voxels_and_its_place(tmp_path: Path) -> None:
    angle = np.radians(20)
    oblique = (float(np.cos(angle)), float(np.sin(angle)), 0.0, -float(np.sin(angle)), float(np.cos(angle)), 0.0)
    volume, _ = load_study(write(tmp_path / "s", Phantom(orientation=oblique)))
    assert volume.source.notes == ()
    assert_holds_the_chest(volume, tolerance=1.0)


@pytest.mark.parametrize("degrees", [15.0, -25.0])
def test_a_gantry_tilt_is_straightened_and_said(tmp_path: Path, degrees: float) -> None:
    angle = np.radians(degrees)
    tilted = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle)))
    phantom = Phantom(
        orientation=tilted, step=(0, 0, 6.0), spacing=(2.5, 2.5), rows=110, columns=120, slices=32, centre=(0, 0, 0)
    )
    volume, _ = load_study(write(tmp_path / "s", phantom))
    assert any(f"tilt of {abs(degrees):.1f} degrees" in note for note in volume.source.notes)
    axes = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    wanted = chest(points_of(volume.affine, volume.shape))
    # beyond the scanned field the grid holds air, so only what was scanned can be compared
    scanned = volume.hu > -1024
    assert scanned.sum() == pytest.approx(32 * 110 * 120, rel=0.02)
    inside = np.abs(volume.hu - wanted)[scanned]
    assert np.quantile(inside, 0.99) < 25
    assert inside.max() < 300


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big-endian"])
def test_plain_transfer_syntaxes(tmp_path: Path, syntax: str, bits: int, signed: bool) -> None:
    phantom = Phantom(syntax=syntax, bits_stored=bits, signed=signed, intercept=0.0 if signed else -1024.0)
    if signed:
        phantom.change = lambda _, d: setattr(d, "PixelData", _masked(d.PixelData, bits, syntax))
    assert_holds_the_chest(load_study(write(tmp_path / "s", phantom))[0])


def _masked(data: bytes, bits: int, syntax: str) -> bytes:
    """Clear the bits above BitsStored, as the standard allows for signed values too."""
    dtype = ">u2" if syntax == "big-endian" else "<u2"
    return (np.frombuffer(data, dtype) & np.uint16((1 << bits) - 1)).astype(dtype).tobytes()


@pytest.mark.parametrize("whole", [False, True], ids=["slices", "enhanced"])
@pytest.mark.parametrize("syntax", ["rle", "jpeg-2000", "jpeg-lossless", "jpeg-ls"])
def test_compressed_transfer_syntaxes(tmp_path: Path, syntax: str, whole: bool) -> None:
    phantom = Phantom(syntax=syntax, bits_stored=12, slices=17, rows=40, columns=44, spacing=(6.0, 7.0))
    if whole:
        (tmp_path / "s").write_bytes(enhanced(phantom))
    else:
        write(tmp_path / "s", phantom)
    assert_holds_the_chest(load_study(tmp_path / "s")[0])


def test_signed_jpeg_2000(tmp_path: Path) -> None:
    phantom = Phantom(syntax="jpeg-2000", signed=True, intercept=0.0)
    assert_holds_the_chest(load_study(write(tmp_path / "s", phantom))[0])


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big-endian"])
def test_enhanced_multi_frame(tmp_path: Path, syntax: str) -> None:
    path = tmp_path / "enhanced.dcm"
    path.write_bytes(enhanced(Phantom(syntax=syntax)))
    volume, study = load_study(path)
    assert_holds_the_chest(volume)
    assert study.chosen.kernel == "L"
    assert study.chosen.slices == 24


def test_the_same_images_have_the_same_hash_in_any_packing(tmp_path: Path) -> None:
    phantom = Phantom(bits_stored=12)
    first = load_study(write(tmp_path / "a", phantom))[0]
    phantom.syntax = "rle"
    (tmp_path / "b").write_bytes(enhanced(phantom))
    write_nifti(tmp_path / "c.nii.gz", np.asarray(first.hu), first.affine)
    hashes = {first.source.sha256, load_study(tmp_path / "b")[0].source.sha256}
    hashes.add(load_study(tmp_path / "c.nii.gz")[0].source.sha256)
    assert len(hashes) == 1
    phantom.centre = (3.0, -4.0, 6.0)
    assert load_study(write(tmp_path / "d", phantom))[0].source.sha256 not in hashes


def test_rescale_may_differ_from_slice_to_slice(tmp_path: Path) -> None:
    def change(k: int, dataset: Dataset) -> None:
        values = np.frombuffer(dataset.PixelData, "<u2").astype(float) - 1024
        slope, intercept = 0.5 + k / 10, -2000.0 - k
        dataset.RescaleSlope, dataset.RescaleIntercept = f"{slope:g}", f"{intercept:g}"
        dataset.PixelData = np.rint((values - intercept) / slope).astype("<u2").tobytes()

    volume, _ = load_study(write(tmp_path / "s", Phantom(change=change)))
    assert_holds_the_chest(volume, tolerance=2.0)  # half a step of at most 2.8 HU, and rounding


def test_padding_becomes_air_and_is_said(tmp_path: Path) -> None:
    def change(_: int, dataset: Dataset) -> None:
        pixels = np.frombuffer(dataset.PixelData, "<i2").reshape(48, 56).copy()
        pixels[:4], pixels[4:8] = -2000, -1990
        dataset.PixelData = pixels.tobytes()
        dataset.PixelPaddingValue, dataset.PixelPaddingRangeLimit = -2000, -1990
        dataset["PixelPaddingValue"].VR = dataset["PixelPaddingRangeLimit"].VR = "SS"

    volume, _ = load_study(write(tmp_path / "s", Phantom(signed=True, intercept=0.0, change=change)))
    assert (volume.hu[:, :8] == -1024).all()
    assert (volume.hu[:, 8:] > -1024).all()
    assert any("set to air" in note for note in volume.source.notes)


def test_a_folder_of_any_depth_with_other_files_in_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "study" / "deep" / "er", Phantom())
    shutil.move(next(folder.iterdir()), tmp_path / "study" / "first.dcm")
    (tmp_path / "study" / "README").write_text("hello")
    (tmp_path / "study" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "study" / "empty").touch()
    volume, study = load_study(tmp_path / "study")
    assert_holds_the_chest(volume)
    assert (study.skipped, study.unreadable) == (3, ())


def test_files_without_preamble_and_meta_are_read(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for k, data in enumerate(series(Phantom(syntax="implicit"))):
        length = int.from_bytes(data[140:144], "little")  # of the meta group, whose length comes first
        (tmp_path / "s" / str(k)).write_bytes(data[144 + length :])
    assert_holds_the_chest(load_study(tmp_path / "s")[0])


def test_copies_count_once_and_are_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "study" / "a", Phantom())
    shutil.copytree(folder, tmp_path / "study" / "b")
    volume, study = load_study(tmp_path / "study")
    assert study.chosen.slices == 24
    assert any("24 files of the study were copies" in note for note in volume.source.notes)


def test_an_unreadable_dicom_file_is_listed_and_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", Phantom())
    (folder / "bad").write_bytes(bytes(128) + b"DICM" + bytes(range(256)))
    volume, study = load_study(folder)
    if study.unreadable:
        assert any("could not be read" in note for note in volume.source.notes)
    assert len(study.unreadable) + study.skipped == 1


def test_source_says_where_it_came_from(tmp_path: Path) -> None:
    volume, _ = load_study(write(tmp_path / "s", Phantom()))
    source = volume.source
    assert (source.format, source.patient_id, source.study_uid, source.series_uid) == ("dicom", "P1", "2.25.9", uid(1))
    assert (source.study_date, source.series_description, source.kernel) == ("20240229", "Thorax", "L")
    assert (source.manufacturer, source.scanner, source.frame_of_reference_uid) == ("Phantom", "Ellipse 7", "2.25.8")
    assert len(source.sha256) == 64


def test_texts_in_other_alphabets_and_hostile_ones(tmp_path: Path) -> None:
    tags = {"SpecificCharacterSet": "ISO_IR 192", "SeriesDescription": "胸部 \x1b[31m CT", "PatientID": "患者"}
    volume, study = load_study(write(tmp_path / "s", Phantom(tags=tags)))
    assert volume.source.patient_id == "患者"
    assert "胸部" in study.chosen.description
    assert study.chosen.description.isprintable()


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_zip_is_read_as_a_folder_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    files = {f"PAT/ST/{k}.dcm": data for k, data in enumerate(series(Phantom()))} | {"README.txt": b"x"}
    inner = pack(tmp_path / "inner.zip", files)
    path = pack(tmp_path / "study.zip", {"export/inner.zip": inner.read_bytes()})
    for archive in (inner, path):
        volume, study = load_study(archive)
        assert_holds_the_chest(volume)
        assert study.skipped == 1
    with open_study(path) as study:
        assert list((tmp_path / "tmp").iterdir())
        assert_holds_the_chest(study.read())
    with pytest.raises(UnsafeArchiveError):
        open_study(path, limits=Limits(depth=1))
    with pytest.raises(UnreadableFileError):
        open_study(pack(tmp_path / "none.zip", {"a.txt": b"text"}))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_zip_may_hold_a_nifti(tmp_path: Path) -> None:
    phantom = Phantom()
    write_nifti(tmp_path / "ct.nii.gz", np.rint(phantom.hu()).astype(np.int16), phantom.affine())
    path = pack(tmp_path / "study.zip", {"a/ct.nii.gz": (tmp_path / "ct.nii.gz").read_bytes(), "b.txt": b""})
    volume, study = load_study(path)
    assert volume.source.format == "nifti"
    assert study.skipped == 1
    assert_holds_the_chest(volume)


def test_one_of_several_niftis_is_chosen_and_a_mask_is_not(tmp_path: Path) -> None:
    phantom = Phantom()
    hu = np.rint(phantom.hu()).astype(np.int16)
    write_nifti(tmp_path / "a-mask.nii.gz", (hu < -500).astype(np.uint8), phantom.affine())
    write_nifti(tmp_path / "b.nii", hu, phantom.affine())
    write_nifti(tmp_path / "c.nii.gz", hu + 5, phantom.affine())
    volume, study = load_study(tmp_path)
    assert study.chosen.series_uid == "b.nii"
    reasons = {c.series_uid: c.reasons for c in study.candidates}
    assert "implausible HU" in reasons["a-mask.nii.gz"][0]
    assert "also usable" in reasons["c.nii.gz"][0]
    other, _ = load_study(tmp_path, series_uid="c.nii.gz")
    assert int(other.hu[3, 3, 3]) == int(volume.hu[3, 3, 3]) + 5


def two_kernels(folder: Path) -> Path:
    write(folder, Phantom(seed=1, tags={"ConvolutionKernel": "B"}), prefix="b")
    return write(folder, Phantom(seed=2), prefix="l")


def test_the_better_series_is_chosen_and_the_other_named_with_its_reason(tmp_path: Path) -> None:
    volume, study = load_study(two_kernels(tmp_path / "s"))
    assert volume.source.kernel == study.chosen.kernel == "L"
    (other,) = (c for c in study.candidates if not c.chosen)
    assert other.usable
    assert other.rank == 2
    assert other.reasons == ("also usable; ranked lower because its kernel is B (standard), the chosen one's L (lung)",)


def test_a_series_can_be_named(tmp_path: Path) -> None:
    folder = two_kernels(tmp_path / "s")
    volume, study = load_study(folder, series_uid=uid(1))
    assert volume.source.kernel == study.chosen.kernel == "B"
    with pytest.raises(NoUsableSeriesError, match=f"usable ones are: {uid(2)}, {uid(1)}"):
        load_study(folder, series_uid="1.2.3")


def test_a_named_series_that_is_unfit_is_refused_with_its_reasons(tmp_path: Path) -> None:
    write(tmp_path / "s", Phantom(seed=1))
    write(tmp_path / "s", Phantom(seed=2, tags={"Modality": "MR"}), prefix="m")
    with pytest.raises(NoUsableSeriesError, match="not CT"):
        load_study(tmp_path / "s", series_uid=uid(2))


def test_series_of_two_patients_are_not_chosen_between(tmp_path: Path) -> None:
    write(tmp_path / "s", Phantom(seed=1))
    write(tmp_path / "s", Phantom(seed=2, tags={"PatientID": "P2"}), prefix="m")
    with pytest.raises(NoUsableSeriesError, match="one of 2 patients"):
        load_study(tmp_path / "s")
    assert load_study(tmp_path / "s", series_uid=uid(2))[0].source.patient_id == "P2"


def test_the_real_study_of_two_kernels(real_data: Path) -> None:
    folder = real_data / "ct" / "lung-pet-ct-dx-a0001"
    volume, study = load_study(folder)
    assert volume.shape == (64, 512, 512)
    assert volume.spacing == pytest.approx((5.0, 0.841796875, 0.841796875))
    assert study.chosen.kernel == "L"
    assert [c.kernel for c in study.candidates] == ["L", "B"]
    assert "kernel is B" in study.candidates[1].reasons[0]
    # the liver, on the patient's right, is low in x and near the feet; the spine is at the back
    tissue = (volume.hu > 0) & (volume.hu < 250)
    assert tissue[:12, :, :256].sum() > 1.15 * tissue[:12, :, 256:].sum()
    assert tissue[:12, 180:330, 100:420].sum() > 2 * tissue[30:42, 180:330, 100:420].sum()
    assert np.median(np.argwhere(volume.hu[10:50] > 400)[:, 1]) > 350


@pytest.mark.parametrize(
    "part", ["ct/single-slices", "ct/covid-ny-sbu/A048383/axial", "ct/covid-ny-sbu/A048383/coronal"]
)
def test_real_single_slices_are_refused(real_data: Path, part: str) -> None:
    with pytest.raises(NoUsableSeriesError, match="too few slices"):
        load_study(real_data / part)


@pytest.mark.parametrize("syntax", list(SYNTAXES))
def test_a_whole_study_gives_no_warning_and_prints_nothing(
    tmp_path: Path, syntax: str, capfd: pytest.CaptureFixture[str]
) -> None:
    phantom = Phantom(syntax=syntax, bits_stored=12, slices=16, rows=36, columns=36, spacing=(7.0, 8.0))
    phantom.tags = {"StudyDate": "not a date", "PatientID": "x" * 70}
    load_study(write(tmp_path / "s", phantom))
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no file or folder"):
        open_study(tmp_path / "missing")


def test_gzip_that_is_no_nifti(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(b"hello" * 200))
    with pytest.raises(StudyError, match="not NIfTI"):
        load_study(tmp_path / "a.nii.gz")

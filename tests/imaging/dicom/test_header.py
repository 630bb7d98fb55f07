"""Headers written by pydicom, read back by ours: values against what was written, and files of pydicom's own tests."""

from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from imaging.dicom_phantom import Phantom, decimal, enhanced, series, uid
from pleura.errors import UnreadableFileError
from pleura.imaging.dicom.header import DicomFile, read_header
from pleura.imaging.limits import Limits

LIMITS = Limits()


def header_of(path: Path, data: bytes, limits: Limits = LIMITS) -> DicomFile:
    path.write_bytes(data)
    header = read_header(path, "it", limits)
    assert header is not None
    return header


@pytest.mark.parametrize("syntax", ["implicit", "explicit", "big-endian", "rle"])
def test_values_are_those_written(tmp_path: Path, syntax: str) -> None:
    phantom = Phantom(syntax=syntax, bits_stored=12, tags={"PixelPaddingValue": 63536, "LossyImageCompression": "01"})
    phantom.slope, phantom.intercept = 0.5, -1000.25
    data = series(phantom)[3]
    header = header_of(tmp_path / "a", data)
    (plane,) = header.planes
    assert (header.modality, header.patient_id, header.series_uid) == ("CT", "P1", uid(1))
    assert (header.rows, header.columns, header.lossy, header.problem) == (48, 56, True, "")
    assert plane.position == tuple(float(v) for v in decimal(phantom.affine()[:3] @ [3, 0, 0, 1]))
    assert plane.orientation == (1, 0, 0, 0, 1, 0)
    assert (plane.spacing, plane.thickness, plane.kernel) == ((5.0, 5.5), 8.0, "L")
    assert (plane.slope, plane.intercept, plane.padding) == (0.5, -1000.25, (63536, 63536))
    pixels = header.pixels
    assert pixels is not None
    assert (pixels.bits_allocated, pixels.bits_stored, pixels.signed, pixels.frames) == (16, 12, False, 1)
    start = data[pixels.offset :]
    assert (
        start[:4] == b"\xfe\xff\x00\xe0"
        if pixels.encapsulated
        else start == phantom.stored()[3].astype(pixels.dtype).tobytes()
    )


def test_enhanced_frames_take_what_is_shared_and_what_is_theirs(tmp_path: Path) -> None:
    phantom = Phantom(slices=5)
    header = header_of(tmp_path / "a", enhanced(phantom))
    assert len(header.planes) == 5
    assert {plane.position[2] for plane in header.planes} == {phantom.affine()[2, 3] + 8 * k for k in range(5)}
    for plane in header.planes:
        assert (plane.spacing, plane.kernel, plane.slope, plane.rescale_type) == ((5.0, 5.5), "L", 1.0, "HU")
        assert plane.image_type == ("ORIGINAL", "PRIMARY", "VOLUME", "NONE")


def test_frames_that_are_not_all_described(tmp_path: Path) -> None:
    phantom = Phantom(slices=5, tags={"PerFrameFunctionalGroupsSequence": [pydicom.Dataset()] * 4})
    header = header_of(tmp_path / "a", enhanced(phantom))
    assert header.problem == "5 frames without a functional group for each"
    assert header.pixels is None


@pytest.mark.parametrize("frames", ["0", "-3", "999999999", "5000"])
def test_a_forged_number_of_frames(tmp_path: Path, frames: str) -> None:
    data = enhanced(Phantom(slices=5, rows=32, columns=32, tags={"NumberOfFrames": frames}))
    assert "frames, where 1 to 4000 are allowed" in header_of(tmp_path / "a", data).problem


def test_a_header_longer_than_the_first_bytes_read(tmp_path: Path) -> None:
    """A private element of 40 KB, and one of 2 MB, before the pixel data."""
    for size in (40_000, 2_000_000):

        def change(_: int, dataset: pydicom.Dataset, size: int = size) -> None:
            dataset.add_new(0x00091010, "OB", bytes(size))

        data = series(Phantom(change=change, keep=[0]))[0]
        assert header_of(tmp_path / "a", data).problem == ""
        with pytest.raises(UnreadableFileError, match="it has no pixel data within its first 30000 bytes"):
            header_of(tmp_path / "a", data, Limits(header_bytes=30_000))


def test_a_deflated_file_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(Path(str(get_testdata_file("image_dfl.dcm"))).read_bytes())
    with pytest.raises(UnreadableFileError, match="a has the deflated transfer syntax"):
        read_header(tmp_path / "a", "a", LIMITS)


@pytest.mark.parametrize(
    ("name", "modality", "problem"),
    [
        ("CT_small.dcm", "CT", ""),
        ("MR_small_bigendian.dcm", "MR", ""),
        ("MR_small_jpeg_ls_lossless.dcm", "MR", ""),
        ("rtplan.dcm", "RTPLAN", "no pixel data"),
        ("test-SR.dcm", "SR", "no pixel data"),
        ("MR_truncated.dcm", "MR", "truncated: 8130 of 8192 bytes of pixel data"),
        ("SC_rgb_jpeg.dcm", "OT", "a colour picture, not measured values"),
        ("liver_1frame.dcm", "SEG", "1 of 1 bits a pixel, where 8 or 16 are read"),
    ],
)
def test_files_that_pydicom_ships(name: str, modality: str, problem: str) -> None:
    path = Path(str(get_testdata_file(name)))
    header = read_header(path, name, LIMITS)
    assert header is not None
    assert (header.modality, header.problem) == (modality, problem)


@pytest.mark.parametrize("name", ["rtplan.dump", "test1.json", "crayons.icc", "zipMR.gz", "README.txt"])
def test_files_that_are_not_dicom(name: str) -> None:
    assert read_header(Path(str(get_testdata_file(name))), name, LIMITS) is None


def test_a_dicomdir_is_no_image(tmp_path: Path) -> None:
    directory = Path(str(get_testdata_file("DICOMDIR")))
    assert read_header(directory, "DICOMDIR", LIMITS) is None

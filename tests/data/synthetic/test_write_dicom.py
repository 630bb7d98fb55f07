"""What is written is read back with plain pydicom."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.errors import OutputError
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import open_study

# Type 1 and Type 2 attributes of the modules that PS3.3, A.3 makes mandatory for a CT image
TYPE_1 = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "Modality",
    "SeriesInstanceUID",
    "PatientPosition",
    "FrameOfReferenceUID",
    "ImageType",
    "PixelSpacing",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
    "RescaleIntercept",
    "RescaleSlope",
)
TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "SeriesNumber",
    "PositionReferenceIndicator",
    "Manufacturer",
    "InstanceNumber",
    "SliceThickness",
    "KVP",
    "AcquisitionNumber",
)


def small_case(**changes) -> SyntheticCase:
    protocol = replace(Protocol.draw(6, scanner="GE LightSpeed16", shape=(12, 64, 64)), **changes)
    return generate_case(seed=6, label="bacterial", severity=3, protocol=protocol)


def write_and_read(case: SyntheticCase, folder: Path, **changes) -> list[pydicom.Dataset]:
    arguments = {"case_id": "north-0001", "patient_id": "SYN-north-0001", "seed": 3, "hospital": "north"} | changes
    write_dicom_series(case, folder, **arguments)
    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    return sorted(slices, key=lambda d: float(d.ImagePositionPatient[2]))


@pytest.mark.parametrize(
    ("circle", "padding", "signed"), [(True, -3024, 1), (True, -2000, 1), (True, -1024, 0), (False, -2000, 0)]
)
def test_voxels_and_geometry_read_back_exactly(tmp_path, circle, padding, signed) -> None:
    case = small_case(circle=circle, padding=padding)
    slices = write_and_read(case, tmp_path / "series")
    assert len(slices) == 12
    hu = []
    for d in slices:
        stored = d.pixel_array.astype(np.int32)
        value = stored * int(d.RescaleSlope) + int(d.RescaleIntercept)
        assert d.PixelRepresentation == signed
        if circle:
            padded = stored == d.PixelPaddingValue
            assert padded[0, 0]
            assert (value[padded] == padding).all()
            value[padded] = -1024
        else:
            assert "PixelPaddingValue" not in d
        assert stored.min() >= (0 if not signed else -(2**15))
        assert stored.max() < 2 ** (d.BitsStored - signed)
        hu.append(value)
    assert np.array_equal(np.stack(hu), case.volume.hu)

    affine = case.volume.affine
    for k, d in enumerate(slices):
        assert [float(v) for v in d.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
        assert float(d.PixelSpacing[0]) == affine[1, 1]
        assert float(d.PixelSpacing[1]) == affine[0, 2]
        place = [float(v) for v in d.ImagePositionPatient]
        assert place[:2] == affine[:2, 3].tolist()
        assert place[2] == pytest.approx(affine[2, 3] + k * affine[2, 0], abs=1e-9)
        assert float(d.SliceThickness) == affine[2, 0]


def test_attributes_of_a_ct_image(tmp_path) -> None:
    case = small_case()
    slices = write_and_read(case, tmp_path / "series")
    for d in slices:
        for keyword in TYPE_1:
            assert d.get(keyword) not in (None, ""), keyword
        for keyword in TYPE_2:
            assert keyword in d, keyword
        assert d.SOPClassUID == CTImageStorage == d.file_meta.MediaStorageSOPClassUID
        assert d.SOPInstanceUID == d.file_meta.MediaStorageSOPInstanceUID
        assert d.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert "SYNTHETIC" in d.ImageComments
        assert "SYNTHETIC" in d.SeriesDescription
        assert str(d.PatientName) == "SYNTHETIC^SYN-north-0001"
        assert d.PatientID == "SYN-north-0001"
        assert d.BurnedInAnnotation == "NO"
        assert d.PatientSex == case.patient.sex
        assert d.PatientAge == f"{int(case.patient.age):03d}Y"
        assert (d.Manufacturer, d.ManufacturerModelName) == ("GE MEDICAL SYSTEMS", "LightSpeed16")
        assert d.ConvolutionKernel == case.protocol.kernel_name
        assert "bacterial" not in str(d).lower(), "a study must not give its class away"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "StudyDate"):
        assert len({d[keyword].value for d in slices}) == 1
    assert len({d.SOPInstanceUID for d in slices}) == len(slices)
    assert [d.InstanceNumber for d in slices] == list(range(12, 0, -1)), "numbered from the head"


def test_contrast_is_named_only_where_there_is_some(tmp_path) -> None:
    with_contrast = set()
    for seed in range(1, 9):
        case = generate_case(seed=seed, label="healthy", protocol=Protocol.draw(seed, shape=(2, 32, 32)))
        slices = write_and_read(case, tmp_path / str(seed))
        assert ("ContrastBolusAgent" in slices[0]) == (case.protocol.contrast > 0)
        with_contrast.add(case.protocol.contrast > 0)
    assert with_contrast == {True, False}


def test_identifiers_follow_from_the_case_and_the_seed(tmp_path) -> None:
    case = small_case()
    first = write_and_read(case, tmp_path / "a")
    again = write_and_read(case, tmp_path / "b")
    other_seed = write_and_read(case, tmp_path / "c", seed=4)
    other_case = write_and_read(case, tmp_path / "d", case_id="north-0002")
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
        assert [d[keyword].value for d in first] == [d[keyword].value for d in again]
        assert first[0][keyword].value not in (other_seed[0][keyword].value, other_case[0][keyword].value)
        assert first[0][keyword].value.is_valid
    assert [p.read_bytes() for p in sorted((tmp_path / "a").iterdir())] == [
        p.read_bytes() for p in sorted((tmp_path / "b").iterdir())
    ]


def test_refuses_a_folder_that_holds_something_and_leaves_it(tmp_path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    (folder / "note.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        write_dicom_series(small_case(), folder, case_id="a", patient_id="b", seed=1)
    assert [p.name for p in tmp_path.rglob("*")] == ["series", "note.txt"]


def test_leaves_nothing_behind_when_the_disk_refuses(tmp_path, monkeypatch) -> None:
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pydicom.Dataset, "save_as", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_dicom_series(small_case(), tmp_path / "series", case_id="a", patient_id="b", seed=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("scanner", SCANNERS)
def test_the_readers_give_back_the_volume(tmp_path, scanner) -> None:
    case = generate_case(seed=3, label="covid-19", protocol=Protocol.draw(3, scanner=scanner, shape=(48, 64, 64)))
    write_dicom_series(case, tmp_path / "series", case_id="a", patient_id="b", seed=1)
    write_nifti(tmp_path / "volume.nii.gz", case.volume.hu, case.volume.affine)
    for name in ("series", "volume.nii.gz"):
        with open_study(tmp_path / name) as study:
            volume = study.read()
        assert np.array_equal(volume.hu, case.volume.hu)
        assert np.allclose(volume.affine, case.volume.affine, atol=1e-4)
        assert volume.source.sha256 == case.volume.source.sha256

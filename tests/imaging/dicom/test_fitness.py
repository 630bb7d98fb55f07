"""Series spoiled in one way each: the reason that must be given, by its words and place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from imaging.dicom_phantom import Phantom, uid, write
from pleura.errors import NoUsableSeriesError
from pleura.imaging.limits import Limits
from pleura.imaging.study import load_study, open_study

SMALL: dict[str, Any] = {"rows": 36, "columns": 40, "spacing": (7.0, 7.5)}


def reasons(folder: Path, **limits: int) -> tuple[str, ...]:
    """Reasons against the only series."""
    with open_study(folder, limits=Limits(**limits)) as study:
        (candidate,) = study.candidates
        assert not candidate.usable
        return candidate.reasons


def only_slice(number: int, keyword: str, value: Any) -> Callable[[int, Dataset], None]:
    """Change one attribute of one slice."""

    def change(k: int, dataset: Dataset) -> None:
        if k == number:
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)

    return change


@pytest.mark.parametrize(
    ("phantom", "words"),
    [
        (Phantom(**SMALL, tags={"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}), "a localizer"),
        (Phantom(**SMALL, tags={"SeriesDescription": "Topogram 0.6"}), "a localizer"),
        (Phantom(**SMALL, tags={"Modality": "MR"}), "not CT (modality MR)"),
        (
            Phantom(**SMALL, tags={"Modality": None, "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}),
            "not CT (MR Image Storage)",
        ),
        (Phantom(**SMALL, orientation=(1, 0, 0, 0, 0, -1)), "not axial but coronal"),
        (Phantom(**SMALL, orientation=(0, 1, 0, 0, 0, -1)), "not axial but sagittal"),
        (
            Phantom(**SMALL, tags={"SeriesDescription": "", "StudyDescription": "", "BodyPartExamined": "HEAD"}),
            'not the chest (head, from "HEAD")',
        ),
        (Phantom(**SMALL, slices=15), "too few slices (15, where at least 16 are needed)"),
        (Phantom(**SMALL, step=(0, 0, 3.0)), "covers only 72 mm"),
        (Phantom(**SMALL, step=(0, 0, 12.0)), "slices 12.0 mm apart"),
        (Phantom(**SMALL, keep=[*range(10), *range(13, 24)]), "a gap of 32.0 mm between -15.0 and 17.0 mm"),
        (
            Phantom(**SMALL, change=only_slice(5, "ImagePositionPatient", ["-143.25", "-126.5", "-39"])),
            "1 duplicate positions, the first at -39.0 mm",
        ),
        (Phantom(**SMALL, tags={"ImageType": ["DERIVED", "SECONDARY", "MPR"]}), "derived: a reformatted view"),
        (Phantom(**SMALL, tags={"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "MIP"]}), "derived: a projection"),
        (Phantom(**SMALL, tags={"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}), "derived, secondary image"),
        (Phantom(**SMALL, tags={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}), "a secondary capture"),
        (Phantom(**SMALL, tags={"RescaleSlope": None}), "no rescale to HU"),
        (Phantom(**SMALL, tags={"RescaleSlope": None, "RescaleIntercept": None}), "no rescale to HU"),
        (Phantom(**SMALL, change=only_slice(3, "RescaleIntercept", None)), "no rescale to HU"),
        (Phantom(**SMALL, tags={"RescaleSlope": "0"}), "a rescale that cannot lead to HU"),
        (Phantom(**SMALL, tags={"RescaleType": "US"}), "its values are not HU but US"),
        (Phantom(**SMALL, tags={"RescaleIntercept": "0"}), "implausible HU"),
        (Phantom(**SMALL, tags={"RescaleSlope": "9"}), "implausible HU"),
        (Phantom(**SMALL, tags={"ImagePositionPatient": None}), "no position and orientation"),
        (Phantom(**SMALL, tags={"PixelSpacing": None}), "no usable pixel spacing"),
        (Phantom(**SMALL, tags={"PixelSpacing": ["0.7"]}), "no usable pixel spacing"),
        (Phantom(**SMALL, tags={"PixelData": None}), "no pixel data"),
        (Phantom(**SMALL, tags={"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}), "a colour picture"),
        (Phantom(**SMALL, tags={"BitsAllocated": 32}), "16 of 32 bits a pixel"),
        (Phantom(**SMALL, tags={"Rows": 37}), "do not fit 37 x 40 x 1"),
        (Phantom(**SMALL, change=only_slice(7, "Rows", 35)), "do not fit 35 x 40"),
        (Phantom(rows=30, columns=40, spacing=(8.0, 8.0)), "too small a matrix (30 x 40)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_is_named(tmp_path: Path, phantom: Phantom, words: str) -> None:
    write(tmp_path / "s", phantom)
    if phantom.change is not None and "fit 35" in words:  # the one slice of another matrix is a series of its own
        with open_study(tmp_path / "s") as study:
            assert any(words in reason for c in study.candidates for reason in c.reasons)
            assert any("a gap" in reason for c in study.candidates for reason in c.reasons)
        return
    assert any(words in reason for reason in reasons(tmp_path / "s")), reasons(tmp_path / "s")
    with pytest.raises(NoUsableSeriesError) as refusal:
        load_study(tmp_path / "s")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "tags",
    [
        {"BodyPartExamined": None, "StudyDescription": None, "SeriesDescription": None},
        {"BodyPartExamined": "ABDOMEN"},  # the series' own description says thorax
        {"Modality": None},
        {"ImageType": None},
        {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]},
        {"SliceThickness": None, "ConvolutionKernel": None, "Manufacturer": None},
        {"RescaleType": "Houndsfield Unit"},
        {"PatientID": None, "StudyInstanceUID": None, "FrameOfReferenceUID": None},
        {"GantryDetectorTilt": "15"},  # the positions say that there is none
    ],
    ids=lambda tags: ",".join(tags),
)
def test_what_is_no_reason(tmp_path: Path, tags: dict[str, Any]) -> None:
    load_study(write(tmp_path / "s", Phantom(**SMALL, tags=tags)))


def test_all_reasons_are_given(tmp_path: Path) -> None:
    tags = {"Modality": "PT", "ImageType": ["DERIVED", "SECONDARY", "MIP"], "RescaleSlope": None}
    found = reasons(write(tmp_path / "s", Phantom(**SMALL, slices=4, tags=tags)))
    assert len(found) == 4


@pytest.mark.parametrize(
    ("kernel_of", "mixed"),
    [
        (lambda k: "L" if k < 12 else "B", True),  # one half each
        (lambda k: "L" if k % 2 else "B", True),  # in turns
        (lambda k: "" if k == 4 else "B", True),
        (lambda _: "B", False),
    ],
)
def test_kernels_mixed_within_a_series(tmp_path: Path, kernel_of: Callable[[int], str], mixed: bool) -> None:
    change = lambda k, dataset: setattr(dataset, "ConvolutionKernel", kernel_of(k))  # noqa: E731
    with open_study(write(tmp_path / "s", Phantom(**SMALL, slices=40, step=(0, 0, 5.0), change=change))) as study:
        named = [any("mixed kernels" in reason for reason in c.reasons) for c in study.candidates]
        assert all(named) if mixed else not any(named)


def test_two_whole_kernels_under_one_uid_are_two_series(tmp_path: Path) -> None:
    write(tmp_path / "s", Phantom(**SMALL))
    write(tmp_path / "s", Phantom(**SMALL, tags={"ConvolutionKernel": "B"}), prefix="b")
    _, study = load_study(tmp_path / "s")
    assert [(c.kernel, c.usable) for c in study.candidates] == [("L", True), ("B", True)]
    assert {c.series_uid for c in study.candidates} == {uid(1)}


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"slices": 20}, "24 slices, past the limit of 20"),
        ({"matrix": 38}, "36 x 40 is past the limit of 38"),
        ({"voxels": 24 * 36 * 40 - 1}, "24 x 36 x 40 voxels, past the limit"),
    ],
)
def test_limits_are_reasons(tmp_path: Path, limits: dict[str, int], words: str) -> None:
    found = reasons(write(tmp_path / "s", Phantom(**SMALL)), **limits)
    assert any(words in reason for reason in found)


def test_a_truncated_slice_spoils_its_series(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", Phantom(**SMALL))
    path = sorted(folder.iterdir())[9]
    path.write_bytes(path.read_bytes()[:-100])
    (reason,) = reasons(folder)
    assert "truncated: 2780 of 2880 bytes of pixel data" in reason
    assert path.name in reason

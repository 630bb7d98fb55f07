"""What a diagnosis leaves on disk: all of it, on the study's grid, or nothing."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from diagnosis.report_sample import sample_report
from pleura.diagnosis.lesions.measure import measure_lesions
from pleura.diagnosis.pipeline import Diagnosis
from pleura.errors import OutputError
from pleura.export.diagnosis_folder import write_diagnosis
from pleura.export.lesion_kinds import split_kinds
from pleura.imaging.volume import Source, Volume


def _diagnosis(*, lesions: bool, heat: bool) -> Diagnosis:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = 5.0, 3.0, 3.0, 1.0
    shape = (24, 60, 80)
    lungs = np.zeros(shape, np.uint8)
    lungs[3:21, 10:50, 8:36], lungs[3:21, 10:50, 44:72] = 1, 2
    hu = np.where(lungs > 0, -850, 40).astype(np.int16)
    mask = np.zeros(shape, np.uint8)
    mask[8:14, 20:36, 12:24] = 1
    hu[mask > 0] = -600
    hu[8:14, 20:28, 12:24] = -100
    volume = Volume(hu=hu, affine=affine, source=Source(format="synthetic", sha256="0" * 64))
    report = sample_report(lesions=measure_lesions(mask, lungs, volume, model=None) if lesions else None)
    return Diagnosis(
        report=report,
        volume=volume,
        lungs=lungs,
        heat=(mask * 200).astype(np.uint8) if heat else None,
        lesions=mask if lesions else None,
    )


def test_everything_is_written_with_lesions_and_heat(tmp_path: Path) -> None:
    diagnosis = _diagnosis(lesions=True, heat=True)
    out = tmp_path / "out"
    write_diagnosis(diagnosis, out)
    names = {"report.html", "report.json", "lungs.nii.gz", "lungs.stl", "surfaces.glb"}
    assert {path.name for path in out.iterdir()} == names | {"heatmap.nii.gz", "lesions.nii.gz", "lesions.stl"}
    image = nib.load(out / "lesions.nii.gz")
    assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), diagnosis.lesions)
    page = (out / "report.html").read_text()
    findings = diagnosis.report.lesions
    assert findings is not None
    assert page.count("<svg") == 3 * (len(findings.key_slices) + 1)  # CT, outlines, heat; the coronal plane too
    assert '"ground-glass"' in page
    assert '"consolidation"' in page
    assert len(page) < 1_500_000


def test_what_there_is_none_of_is_not_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_diagnosis(_diagnosis(lesions=False, heat=False), out)
    assert {path.name for path in out.iterdir()} == {
        "report.html",
        "report.json",
        "lungs.nii.gz",
        "lungs.stl",
        "surfaces.glb",
    }
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 5  # the CT alone
    assert "ground glass" not in page


def test_a_folder_that_is_taken_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError):
        write_diagnosis(_diagnosis(lesions=False, heat=False), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_kinds_are_told_apart_by_density_at_the_stated_bound() -> None:
    hu = np.array([[[-700, -301, -300, 50, -299]]], np.int16)
    lesions = np.array([[[1, 1, 1, 1, 0]]], np.uint8)
    assert split_kinds(lesions, hu, -300).tolist() == [[[1, 1, 2, 2, 0]]]

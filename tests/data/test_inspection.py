"""One small cohort of real files, and faults put into copies of it."""

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from pleura.data.cohort import Case, read_cohort
from pleura.data.inspection import inspect_case, inspect_cases, odd_values
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.imaging.nifti_write import write_nifti


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("inspection") / "dicom"
    synthesize_cohort(out, hospitals=alike_hospitals(2, ["a"], ["covid-19", "healthy"]), seed=4, size="tiny")
    return out


@pytest.fixture
def covid(dicom: Path) -> Case:
    return read_cohort(dicom, classes=()).cases[0]


def kinds(case: Case) -> list[str]:
    return [fault.kind for fault in inspect_case(case, voxels=True).faults]


def changed(case: Case, name: str, folder: Path, change, shift: float = 0.0) -> Case:
    """Give the case another mask: `change` gets the array, (z, y, x); the grid moves by `shift` mm."""
    image = nib.load(getattr(case, name))
    array = change(np.asarray(image.dataobj).transpose(2, 1, 0))
    affine = image.affine.copy()
    affine[:3, 3] += shift
    nib.save(nib.Nifti1Image(np.ascontiguousarray(array).transpose(2, 1, 0), affine), folder / "mask.nii.gz")
    return replace(case, **{name: folder / "mask.nii.gz"})


def test_headers_say_what_the_files_hold(covid: Case) -> None:
    facts = inspect_case(covid, voxels=False)
    head = pydicom.dcmread(next(iter(covid.study.iterdir())), stop_before_pixels=True)
    assert facts.slices == 36 == len(list(covid.study.iterdir()))
    assert facts.scanner == f"{head.Manufacturer} {head.ManufacturerModelName}"
    assert facts.thickness == pytest.approx(float(head.SliceThickness), abs=1e-3)
    assert (facts.sex, facts.age) == (covid.sex, covid.age)
    assert (facts.voxels, facts.faults) == ("", ())


def test_a_whole_case_has_no_fault_and_its_hash_is_that_of_its_voxels(covid: Case, tmp_path: Path) -> None:
    facts = inspect_case(covid, voxels=True)
    assert facts.faults == ()
    from pleura.imaging.study import load_study

    volume, _ = load_study(covid.study)
    shifted = volume.affine.copy()
    shifted[:3, 3] += 5.0  # a copy with another header
    write_nifti(tmp_path / "copy.nii.gz", volume.hu, shifted)
    copy = replace(covid, study=tmp_path / "copy.nii.gz", lungs=None, lesions=None, lobes=None)
    assert inspect_case(copy, voxels=True).voxels == facts.voxels
    assert inspect_case(copy, voxels=False).slices == 36
    write_nifti(tmp_path / "copy.nii.gz", np.where(volume.hu == volume.hu.max(), 0, volume.hu), shifted)
    assert inspect_case(copy, voxels=True).voxels != facts.voxels


def test_a_damaged_study_is_an_error_and_not_raised(covid: Case, tmp_path: Path) -> None:
    (tmp_path / "x.nii.gz").write_bytes(b"nothing")
    facts = inspect_case(replace(covid, study=tmp_path / "x.nii.gz"), voxels=False)
    assert [(fault.level, fault.kind) for fault in facts.faults] == [("error", "unreadable")]
    assert facts.slices is None


@pytest.mark.parametrize(
    ("name", "change", "shift", "kinds_found"),
    [
        ("lungs", lambda mask: mask, 0.0, []),
        ("lungs", lambda mask: mask[1:], 0.0, ["mask-grid"]),
        ("lesions", lambda mask: mask, 2.0, ["mask-grid"]),
        ("lobes", lambda mask: mask + 6, 0.0, ["mask-label"]),
        ("lungs", lambda mask: mask * 0, 0.0, ["mask-content"]),
        ("lesions", lambda mask: mask * 0, 0.0, ["mask-content"]),
        ("lesions", lambda mask: np.roll(mask, 32, 2), 0.0, ["mask-content"]),
        ("lobes", lambda mask: np.roll(mask, 32, 2), 0.0, ["mask-content"]),
    ],
)
def test_masks_that_do_not_fit_are_found(covid: Case, tmp_path: Path, name, change, shift, kinds_found) -> None:
    assert kinds(changed(covid, name, tmp_path, change, shift)) == kinds_found


def test_a_mask_that_cannot_be_read_is_found(covid: Case, tmp_path: Path) -> None:
    (tmp_path / "mask.nii.gz").write_bytes(b"nothing")
    assert kinds(replace(covid, lesions=tmp_path / "mask.nii.gz")) == ["unreadable"]


def test_a_label_that_the_lesions_deny_is_found(covid: Case) -> None:
    facts = inspect_case(replace(covid, label="healthy"), voxels=True)
    assert ["a healthy case with" in fault.text for fault in facts.faults] == [True]


def test_a_real_series_is_not_odd(real_data: Path) -> None:
    for kernel in ("sharp", "soft"):
        study = real_data / "ct" / "lung-pet-ct-dx-a0001" / kernel
        case = Case(
            case=kernel,
            patient="p",
            hospital="h",
            label="healthy",
            severity=0,
            split="test",
            study=study,
            lungs=None,
            lesions=None,
        )
        facts = inspect_case(case, voxels=True)
        assert (facts.slices, facts.scanner, facts.thickness, facts.sex) == (64, "Philips Brilliance16", 5.0, "M")
        assert facts.faults == ()


def test_several_processes_find_the_same(dicom: Path) -> None:
    cases = read_cohort(dicom, classes=()).cases
    many = [replace(case, case=f"{case.case}-{n}") for n in range(8) for case in cases]
    seen = []
    facts = inspect_cases(many, voxels=False, workers=2, on_done=lambda: seen.append(1))
    assert list(facts) == [case.case for case in many]
    assert facts == {case.case: replace(inspect_case(case, voxels=False)) for case in many}
    assert len(seen) == len(many)


def chest() -> np.ndarray:
    """Half lung, half muscle."""
    hu = np.full((8, 20, 20), 50, np.int16)
    hu[:, :, :10] = -850
    return hu


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda hu: hu, None),
        (lambda hu: np.where(hu == -850, -1000, hu), "as dense as lung"),
        (lambda hu: np.where(hu == 50, 350, hu), "most soft tissue lies near 3[0-9]0 HU"),
        (lambda hu: np.where(np.arange(20) > 17, 2500, hu), r"10\.0 % of the voxels are above 2000 HU"),
        (lambda hu: np.where(np.arange(8)[:, None, None] == 3, -1024, hu), "1 of 8 slices hold one value"),
    ],
)
def test_values_that_a_person_should_look_at_are_named(change, said) -> None:
    import re

    texts = [fault.text for fault in odd_values(change(chest()).astype(np.int16))]
    assert len(texts) == (0 if said is None else 1)
    assert said is None or re.search(said, texts[0])

"""A clean cohort, then one fault after another."""

import shutil
from pathlib import Path

import pytest

from pleura.data.audit import Finding, audit_cohort
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.errors import CohortError

CLASSES = ("healthy", "covid-19")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight cases of two classes, with all three splits."""
    out = tmp_path_factory.mktemp("audit") / "cohort"
    synthesize_cohort(out, hospitals=alike_hospitals(8, ["a"], CLASSES), seed=5, size="tiny", format="nifti")
    return out


@pytest.fixture
def folder(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "cohort"))


def edit(folder: Path, old: str, new: str, name: str = "cases.csv") -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def found(folder: Path, **options) -> list[Finding]:
    """Findings that a cohort of two classes does not have anyway."""
    _, findings = audit_cohort(folder, **options)
    return [finding for finding in findings if "cannot be trained on it" not in finding.text]


def test_a_clean_cohort_has_no_finding_but_the_classes_that_it_lacks(folder: Path) -> None:
    started, done = [], []
    cohort, findings = audit_cohort(folder, on_start=started.append, on_done=lambda: done.append(1))
    assert len(cohort.cases) == 8 == len(done) == started[0]
    assert [(finding.level, finding.kind) for finding in findings] == [("warning", "stratum")]
    assert "no training case of other-viral, bacterial" in findings[0].text


def test_copies_by_content_are_found_across_and_within_splits(folder: Path) -> None:
    # a-0002 (covid, train), a-0004 (covid, validation), a-0006 (covid, train)
    shutil.copy(folder / "studies" / "a-0002.nii.gz", folder / "studies" / "a-0006.nii.gz")
    (within,) = [f for f in found(folder) if f.kind == "copy"]
    assert (within.level, within.cases) == ("warning", ("a-0002", "a-0006"))
    shutil.copy(folder / "studies" / "a-0002.nii.gz", folder / "studies" / "a-0004.nii.gz")
    (across,) = [f for f in found(folder) if f.kind == "copy"]
    assert (across.level, across.cases) == ("error", ("a-0002", "a-0004", "a-0006"))
    assert "in splits train and validation" in across.text


def test_the_same_study_with_two_labels_is_an_error_even_without_its_voxels(folder: Path) -> None:
    edit(folder, "studies/a-0001.nii.gz", "studies/a-0002.nii.gz")
    (copy,) = [f for f in found(folder, voxels=False) if f.kind == "copy"]
    assert (copy.level, copy.cases) == ("error", ("a-0001", "a-0002"))
    assert "labelled healthy and covid-19" in copy.text


def test_all_wrong_rows_are_said_not_only_the_first(folder: Path) -> None:
    edit(folder, "a-0001,SYN-a-0001,a,healthy,0", "a-0001,SYN-a-0001,a,influenza,0")
    edit(folder, "a-0003,SYN-a-0003,", "a-0003,SYN-a-0002,")  # validation, while a-0002 is in train
    (folder / "studies" / "a-0005.nii.gz").unlink()
    findings = found(folder, voxels=False)
    errors = [finding.text for finding in findings if finding.level == "error"]
    assert len(errors) == 3
    assert 'label "influenza"' in errors[0]
    assert "studies/a-0005.nii.gz is not there" in errors[1]
    assert "patient SYN-a-0002 is in two splits" in errors[2]


def test_damage_and_misfits_are_found(folder: Path) -> None:
    study = folder / "studies" / "a-0001.nii.gz"
    study.write_bytes(study.read_bytes()[:2000])
    shutil.copy(folder / "masks" / "a-0003-lungs.nii.gz", folder / "masks" / "a-0004-lungs.nii.gz")
    kinds = {(finding.kind, finding.level, finding.cases) for finding in found(folder)}
    assert ("unreadable", "error", ("a-0001",)) in kinds
    assert ("mask-grid", "error", ("a-0004",)) in kinds


def test_severities_and_patients_that_contradict_themselves_are_found(folder: Path) -> None:
    edit(folder, "a-0001,SYN-a-0001,a,healthy,0", "a-0001,SYN-a-0001,a,healthy,2")
    edit(folder, "a-0002,SYN-a-0002,a,covid-19,1", "a-0002,SYN-a-0002,a,covid-19,0")
    edit(folder, "a-0006,SYN-a-0006,a", "a-0006,SYN-a-0005,b")  # both train, another label and hospital
    findings = {(f.kind, f.level): f for f in found(folder, voxels=False) if f.kind == "severity"}
    assert findings["severity", "error"].cases == ("a-0001",)
    assert findings["severity", "warning"].cases == ("a-0002",)
    texts = [f.text for f in found(folder, voxels=False) if f.kind == "patient"]
    assert any("more than one label: healthy, covid-19" in text for text in texts)
    assert any("more than one hospital: a, b" in text for text in texts)


def test_classes_missing_from_a_split_or_a_hospital_are_found(folder: Path) -> None:
    edit(folder, "a-0008,SYN-a-0008,a,covid-19,3,test", "a-0008,SYN-a-0008,b,covid-19,3,train")
    texts = [finding.text for finding in found(folder, voxels=False)]
    assert "split test has no case of covid-19" in texts
    assert "hospital b has no case of healthy" in texts


def test_clinical_data_of_nobody_and_cases_without_are_found(folder: Path) -> None:
    edit(folder, "a-0001,", "z-0001,", name="clinical.csv")
    texts = [finding.text for finding in found(folder, voxels=False)]
    assert texts == [
        "clinical.csv has rows of cases that are not in cases.csv: z-0001",
        "clinical.csv has no row for a-0001",
    ]
    edit(folder, "case,", "cases,", name="clinical.csv")
    (broken,) = found(folder, voxels=False)
    assert (broken.level, broken.kind) == ("error", "clinical")


def test_a_folder_that_is_no_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"no cohort\.toml"):
        audit_cohort(tmp_path)

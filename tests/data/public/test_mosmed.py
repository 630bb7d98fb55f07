from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.public.published import chest, make_mosmed
from pleura.data.audit import audit_cohort
from pleura.data.public.choices import Choices
from pleura.errors import CohortError
from pleura.imaging.nifti_read import read_label_mask


def test_categories_become_labels_and_severities(tmp_path: Path, bring: Callable) -> None:
    source = make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 1, "CT-1": 1, "CT-2": 1, "CT-3": 1, "CT-4": 1})
    out, rows, reasons, imported = bring("mosmed", source, Choices(shares=(0, 0, 1)))
    assert reasons == {}
    assert [(row["category"], row["label"], row["severity"]) for row in rows] == [
        ("CT-0", "healthy", "0"),
        ("CT-1", "covid-19", "1"),
        ("CT-2", "covid-19", "2"),
        ("CT-3", "covid-19", "3"),
        ("CT-4", "covid-19", "3"),
    ]
    assert {row["split"] for row in rows} == {"test"}
    assert imported.splits == {"train": 0, "validation": 0, "test": 5}
    assert {(row["hospital"], row["intensity"]) for row in rows} == {("MosMedData", "hu")}
    lesions = read_label_mask(out / rows[1]["lesions"])
    np.testing.assert_array_equal(lesions, chest(2)[1])
    assert [row["lesions"] for row in rows if row["category"] != "CT-1"] == [""] * 4
    _, findings = audit_cohort(out)
    assert [finding.text for finding in findings if finding.level == "error"] == []


def test_studies_are_linked_or_copied_never_by_symbol(tmp_path: Path, bring: Callable) -> None:
    source = make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 1})
    study = source / "studies" / "CT-0" / "study_0001.nii.gz"
    out, rows, _, _ = bring("mosmed", source)
    linked = out / rows[0]["study"]
    assert linked.samefile(study)
    assert not linked.is_symlink()
    out.rename(tmp_path / "linked")
    out, rows, _, _ = bring("mosmed", source, Choices(copy=True))
    assert not (out / rows[0]["study"]).samefile(study)
    assert (out / rows[0]["study"]).read_bytes() == study.read_bytes()


def test_damage_and_strangers_are_named(tmp_path: Path, bring: Callable) -> None:
    source = make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 2, "CT-1": 2}, masked=2)
    whole = source / "studies" / "CT-0" / "study_0002.nii.gz"
    whole.write_bytes(whole.read_bytes()[:3000])
    (source / "studies" / "CT-0" / "readme.txt").write_text("x")
    (source / "masks" / "study_0900_mask.nii.gz").write_bytes(b"x")
    (source / "masks" / "study_0004_mask.nii.gz").write_bytes(b"x")
    out, rows, reasons, _ = bring("mosmed", source)
    assert [row["source"] for row in rows] == [
        "CT-0/study_0001.nii.gz",
        "CT-1/study_0003.nii.gz",
        "CT-1/study_0004.nii.gz",
    ]
    assert reasons["CT-0/readme.txt"] == "no NIfTI file"
    assert reasons["masks/study_0900_mask.nii.gz"] == "a mask of no study"
    assert "study_0002" in reasons["CT-0/study_0002.nii.gz"]
    assert reasons["CT-1/study_0004.nii.gz"].startswith("its mask of lesions was not taken: study_0004_mask.nii.gz")
    assert rows[2]["lesions"] == ""
    assert sorted(path.name for path in (out / "studies").iterdir()) == sorted(
        Path(row["study"]).name for row in rows
    ), "nothing half written stays"


def test_a_source_of_which_nothing_can_be_used_is_refused(tmp_path: Path, bring: Callable) -> None:
    source = make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 1})
    (source / "studies" / "CT-0" / "study_0001.nii.gz").write_bytes(b"")
    with pytest.raises(CohortError, match=r"no scan of .* can be used; CT-0/study_0001\.nii\.gz"):
        bring("mosmed", source)
    with pytest.raises(CohortError, match="has no folder studies/CT-0"):
        bring("mosmed", tmp_path / "COVID19_1110" / "studies" / "CT-0")

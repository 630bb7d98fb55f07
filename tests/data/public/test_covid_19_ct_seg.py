from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.public.published import chest, make_covid_19_ct_seg
from pleura.data.audit import audit_cohort
from pleura.errors import CohortError
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study

CASES = ["coronacases_001", "radiopaedia_10_85902_1"]


def test_hu_stay_and_levels_are_laid_on_the_sources_window(tmp_path: Path, bring: Callable) -> None:
    out, rows, reasons, _ = bring("covid-19-ct-seg", make_covid_19_ct_seg(tmp_path / "source", CASES))
    assert reasons == {}
    assert [(row["case"], row["intensity"]) for row in rows] == [(CASES[0], "hu"), (CASES[1], "8-bit")]
    np.testing.assert_array_equal(load_study(out / rows[0]["study"])[0].hu, chest(0)[0].hu)
    grey, _ = load_study(out / rows[1]["study"])
    assert np.abs(grey.hu.astype(int) - np.clip(chest(1)[0].hu, -1024, 250)).max() <= 1500 / 510 + 0.5
    assert grey.source.series_description == "8-bit on -1250..250 HU"
    assert "grey levels 0 to 255 were laid on -1250 to 250 HU" in (out / "cohort.toml").read_text()


def test_lungs_are_named_by_side_and_lesions_marked(tmp_path: Path, bring: Callable) -> None:
    out, rows, _, _ = bring("covid-19-ct-seg", make_covid_19_ct_seg(tmp_path / "source", CASES))
    for number, row in enumerate(rows):
        lungs = read_label_mask(out / row["lungs"])
        middle = lungs.shape[2] // 2
        assert set(np.unique(lungs[:, :, :middle])) == {0, 1}, "the patient's right comes first, and is 1"
        assert set(np.unique(lungs[:, :, middle:])) == {0, 2}
        np.testing.assert_array_equal(read_label_mask(out / row["lesions"]), chest(number)[1])
    _, findings = audit_cohort(out)
    assert [finding.text for finding in findings if finding.level == "error"] == []
    assert [finding.cases for finding in findings if finding.kind == "intensity"] == [(CASES[1],)]


def test_masks_that_do_not_fit_are_left_away_and_said(tmp_path: Path, bring: Callable) -> None:
    source = make_covid_19_ct_seg(tmp_path / "source", CASES[:1])
    volume, block = chest(0)
    write_nifti(source / "Infection_Mask" / f"{CASES[0]}.nii.gz", block[1:].astype(np.uint8), volume.affine)
    write_nifti(source / "Lung_Mask" / f"{CASES[0]}.nii.gz", block.astype(np.uint8), volume.affine)
    _, rows, _, imported = bring("covid-19-ct-seg", source)
    assert (rows[0]["lungs"], rows[0]["lesions"], imported.left_out) == ("", "", 0)
    said = (tmp_path / "cohort" / "left-out.csv").read_text()
    assert 'coronacases_001,kept,"its mask of lungs was not taken: it has labels [1]' in said
    assert "does not lie on the grid of the study" in said


def test_the_copy_with_a_folder_a_file_is_read(tmp_path: Path, bring: Callable) -> None:
    made = make_covid_19_ct_seg(tmp_path / "made", CASES[:1])
    source = tmp_path / "source"
    for old, new, inner in (
        ("COVID-19-CT-Seg_20cases", "ct_scans", "coronacases_org_001.nii.gz"),
        ("Lung_Mask", "lung_mask", "coronacases_001.nii.gz"),
    ):
        (source / new / inner.removesuffix(".gz")).mkdir(parents=True)
        (made / old / f"{CASES[0]}.nii.gz").rename(source / new / inner.removesuffix(".gz") / inner)
    (source / "ct_scans" / "strange.nii.gz").write_bytes(b"x")
    (source / "ct_scans" / "readme").write_bytes(b"x")
    (source / "lung_mask" / "radiopaedia_4_85506_1.nii").write_bytes(b"x")
    _, rows, reasons, _ = bring("covid-19-ct-seg", source)
    assert [(row["case"], bool(row["lungs"]), bool(row["lesions"])) for row in rows] == [(CASES[0], True, False)]
    assert reasons == {
        "ct_scans/readme": "no NIfTI file in it",
        "lung_mask/radiopaedia_4_85506_1.nii": "a mask of no scan",
        "ct_scans/strange.nii.gz": "of neither coronacases nor radiopaedia: HU or not?",
    }


def test_levels_under_the_name_of_hu_are_left_out(tmp_path: Path, bring: Callable) -> None:
    source = make_covid_19_ct_seg(tmp_path / "source", CASES)
    images = source / "COVID-19-CT-Seg_20cases"
    (images / f"{CASES[1]}.nii.gz").replace(images / "coronacases_002.nii.gz")
    _, rows, reasons, _ = bring("covid-19-ct-seg", source)
    assert [row["case"] for row in rows] == [CASES[0]]
    assert "implausible HU" in reasons["coronacases_002"]
    with pytest.raises(CohortError, match="has no folder COVID-19-CT-Seg_20cases"):
        bring("covid-19-ct-seg", images)

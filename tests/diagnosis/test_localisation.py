"""Measures of heat maps by hand, and on a study whose answer and lesion are known."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from diagnosis.chest_phantom import chest_phantom
from diagnosis.test_pipeline import _model
from pleura.data.cohort import Case
from pleura.diagnosis.chain import Chain
from pleura.diagnosis.localisation import localise, measure_heat
from pleura.diagnosis.pipeline import diagnose_study
from pleura.errors import CohortError
from pleura.imaging.nifti_write import write_nifti


def test_shares_chance_and_peak_by_hand() -> None:
    heat = np.zeros((2, 10, 10), np.uint8)
    lungs = np.zeros_like(heat)
    lesions = np.zeros_like(heat)
    lungs[:, :5] = 1  # 100 voxels
    lesions[0, :2, :5] = 2  # 10 of them
    lesions[1, 0, 0] = 3  # a speck is no pneumonia
    heat[0, 0, 0], heat[0, 4, 9], heat[1, 9, 9] = 100, 60, 40
    assert measure_heat(heat, lungs, lesions, (5.0, 1.0, 1.0)) == (0.8, 0.5, 0.1, True)


@pytest.mark.parametrize(("row", "near"), [(16, True), (17, False)])
def test_a_peak_counts_up_to_15_mm(row: int, near: bool) -> None:
    heat, lesions = np.zeros((1, 30, 4), np.uint8), np.zeros((1, 30, 4), np.uint8)
    lesions[0, 1, 2] = 1
    heat[0, row, 2] = 9
    assert measure_heat(heat, np.ones_like(heat), lesions, (5.0, 1.0, 1.0))[3] is near


def test_an_empty_map_has_no_share_and_no_peak() -> None:
    empty = np.zeros((2, 3, 3), np.uint8)
    assert measure_heat(empty, np.ones_like(empty), np.ones_like(empty), (1, 1, 1)) == (None, None, 1.0, False)


def _case(folder: Path) -> Case:
    volume, block = chest_phantom(side="left", low=True)
    write_nifti(folder / "study.nii.gz", volume.hu, volume.affine)
    write_nifti(folder / "lesions.nii.gz", block.astype(np.uint8) * 2, volume.affine)
    return Case(
        case="a",
        patient="p",
        hospital="h",
        label="bacterial",
        severity=2,
        split="test",
        study=folder / "study.nii.gz",
        lungs=None,
        lesions=folder / "lesions.nii.gz",
    )


def test_a_case_is_measured_as_its_report_shows_it(tmp_path: Path) -> None:
    done: list[int] = []
    case = _case(tmp_path)
    (found,) = localise(_model(), [case], on_done=lambda: done.append(1))
    diagnosis = diagnose_study(case.study, Chain(classifier=_model()), explain="bacterial")
    _, block = chest_phantom(side="left", low=True)
    heat = diagnosis.heat.astype(float)
    assert found.share_on_lesions == pytest.approx(heat[block].sum() / heat.sum())
    assert found.share_in_lungs == diagnosis.report.explanation.share_in_lungs
    assert found.chance == pytest.approx((block & (diagnosis.lungs > 0)).sum() / (diagnosis.lungs > 0).sum())
    assert found.peak_on_lesion
    assert done == [1]


def test_masks_that_are_not_there_or_do_not_fit_are_refused(tmp_path: Path) -> None:
    case = _case(tmp_path)
    with pytest.raises(CohortError, match="case a has no lesion mask"):
        localise(_model(), [dataclasses.replace(case, lesions=None)])
    write_nifti(tmp_path / "small.nii.gz", np.zeros((4, 4, 4), np.uint8), np.diag([5.0, 1, 1, 1])[[2, 1, 0, 3]])
    with pytest.raises(CohortError, match="on a study of"):
        localise(_model(), [dataclasses.replace(case, lesions=tmp_path / "small.nii.gz")])

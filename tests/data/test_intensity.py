from dataclasses import replace
from pathlib import Path

import pytest

from diagnosis.chest_phantom import chest_phantom
from pleura.data.cache import SliceCache
from pleura.data.cohort import Case
from pleura.data.intensity import check_intensity, check_volume
from pleura.errors import CohortError, IntensityError, RecipeError
from pleura.imaging.grey_levels import Window, describe_levels
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study
from pleura.settings import InputSettings

CASE = Case(
    case="a",
    patient="p",
    hospital="h",
    label="healthy",
    severity=0,
    split="train",
    study=Path("absent.nii.gz"),
    lungs=None,
    lesions=None,
)


def _coarse(*names: str) -> list[Case]:
    return [replace(CASE, case=name, intensity="8-bit") for name in names]


def test_cases_in_hu_pass_and_grey_levels_pass_where_any_is_taken() -> None:
    check_intensity([CASE], InputSettings())
    check_intensity([CASE, *_coarse("b")], InputSettings(intensity="any"))


def test_grey_levels_are_refused_by_name_with_what_to_do() -> None:
    with pytest.raises(CohortError, match=r'case b\. Leave them out, or set intensity = "any" under \[input\]'):
        check_intensity([CASE, *_coarse("b")], InputSettings())
    with pytest.raises(CohortError, match=r"case b, c, d, e, f and 2 more"):
        check_intensity(_coarse(*"bcdefgh"), InputSettings())


def test_a_cache_refuses_before_it_reads_anything(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="256 grey levels: case b"):
        SliceCache(tmp_path, InputSettings()).warm(_coarse("b"))
    with pytest.raises(CohortError, match="cannot read"):
        SliceCache(tmp_path, InputSettings(intensity="any")).warm(_coarse("b"))


def test_settings_know_two_words() -> None:
    with pytest.raises(RecipeError, match='intensity = "16-bit"; known are "hu" and "any"'):
        InputSettings(intensity="16-bit")


def test_a_study_of_grey_levels_says_so_and_is_refused(tmp_path: Path) -> None:
    chest, _ = chest_phantom(side="left", low=True)
    write_nifti(tmp_path / "hu.nii.gz", chest.hu, chest.affine, description="8-bits of nothing")
    write_nifti(tmp_path / "grey.nii.gz", chest.hu, chest.affine, description=describe_levels(Window(-1200, 600)))
    plain, _ = load_study(tmp_path / "hu.nii.gz")
    check_volume(plain, InputSettings())
    assert plain.source.notes == ()
    grey, _ = load_study(tmp_path / "grey.nii.gz")
    assert "no Hounsfield units" in grey.source.notes[0]
    check_volume(grey, InputSettings(intensity="any"))
    with pytest.raises(IntensityError, match="the model needs Hounsfield units"):
        check_volume(grey, InputSettings())

"""Stacks against the volume they are made of, and what happens to them on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.data.cohort import Case, read_cohort
from pleura.data.slice_stacks import SliceStacks, stack_slices
from pleura.errors import CohortError
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.volume import Source, Volume
from pleura.settings import InputSettings
from training import micro

INPUT = InputSettings(size=16, window_low=-1024, window_high=3000, slices=4, subsets=1)


def _volume(rng: np.random.Generator) -> tuple[Volume, np.ndarray]:
    hu = rng.integers(-1024, 3071, (9, 32, 48)).astype(np.int16)
    lungs = np.zeros(hu.shape, np.uint8)
    lungs[2:7, 8:16, 12:36] = 1
    lungs[4, 8:24, 12:36] = 2
    return Volume(hu=hu, affine=micro.AFFINE, source=Source(format="synthetic", sha256="0" * 64)), lungs


def test_a_stack_is_the_block_means_of_evenly_spread_slices(rng: np.random.Generator) -> None:
    volume, lungs = _volume(rng)
    stack = stack_slices(volume, lungs, INPUT, most=5)
    clipped = np.clip(volume.hu[::2], -1024, 3000).astype(np.float64)
    means = clipped.reshape(5, 16, 2, 16, 3).mean(axis=(2, 4))
    assert np.abs(stack.slices - means).max() <= 0.51
    np.testing.assert_array_equal(stack.shares, np.float32([0, 0.5, 1, 0.5, 0]))
    np.testing.assert_array_equal(stack.lungs, lungs[::2, ::2, ::3] > 0)
    assert stack.pixel == pytest.approx(8.0 * (32 * 48) ** 0.5 / 16)
    assert len(stack_slices(volume, lungs, INPUT, most=100).slices) == 9


def test_a_mask_that_is_empty_or_of_another_grid_is_refused(rng: np.random.Generator) -> None:
    volume, lungs = _volume(rng)
    for wrong in (np.zeros_like(lungs), lungs[:5]):
        with pytest.raises(CohortError, match="need a lung mask on the same grid that is not empty"):
            stack_slices(volume, wrong, INPUT, most=5)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    folder = micro.write_cohort(tmp_path / "cohort", cases=4)
    hu = micro.chest(0, "healthy")
    write_nifti(folder / "masks/0-lungs.nii.gz", (hu < -500).astype(np.uint8), micro.AFFINE)
    table = (folder / "cases.csv").read_text().replace("studies/0.nii.gz,,", "studies/0.nii.gz,masks/0-lungs.nii.gz,")
    (folder / "cases.csv").write_text(table)
    return read_cohort(folder, classes=()).cases[0]


def test_an_entry_is_made_once_and_again_when_it_is_damaged(case: Case, tmp_path: Path) -> None:
    stacks = SliceStacks(tmp_path / "cache", INPUT, 8)
    (first,) = stacks.load([case])
    (entry,) = (tmp_path / "cache").rglob("*.npz")
    made = entry.stat().st_mtime_ns
    (again,) = stacks.load([case])
    assert entry.stat().st_mtime_ns == made
    entry.write_bytes(entry.read_bytes()[:1000])
    (mended,) = stacks.load([case])
    for other in (again, mended):
        np.testing.assert_array_equal(first.slices, other.slices)
        np.testing.assert_array_equal(first.lungs, other.lungs)
        np.testing.assert_array_equal(first.shares, other.shares)
        assert first.pixel == other.pixel


def test_the_key_follows_the_mask_the_settings_and_the_number(case: Case, tmp_path: Path) -> None:
    stacks = SliceStacks(tmp_path, INPUT, 8)
    before = stacks.key(case)
    assert SliceStacks(tmp_path, INPUT, 9).key(case) != before
    assert case.lungs is not None
    case.lungs.write_bytes(case.lungs.read_bytes() + b"x")
    assert stacks.key(case) != before


def test_a_case_that_cannot_be_used_is_named(case: Case, tmp_path: Path) -> None:
    case.study.write_bytes(b"no image")
    with pytest.raises(CohortError, match="case c0 cannot be used"):
        SliceStacks(tmp_path / "cache", INPUT, 8).load([case])


def test_pictures_of_256_grey_levels_are_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="256 grey levels"):
        SliceStacks(tmp_path / "cache", INPUT, 8).load([replace(case, intensity="8-bit")])
    assert not (tmp_path / "cache").exists()

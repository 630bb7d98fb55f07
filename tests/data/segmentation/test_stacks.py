"""Stacks of masked slices: against their parts by hand, kept once, made anew when damaged, refused without masks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.data.cohort import Case, read_cohort
from pleura.data.segmentation.planes import find_frame, label_planes, lesions_of, slice_planes
from pleura.data.segmentation.stacks import StackCache
from pleura.errors import CohortError
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study
from pleura.settings import InputSettings
from training import masked_micro, micro

INPUT = InputSettings(window_low=-1200, window_high=300, size=32, slices=64, field="lungs", interval="every", subsets=1)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, ...]:
    return read_cohort(masked_micro.write_cohort(tmp_path_factory.mktemp("stacks") / "cohort", 4), classes=()).cases


def test_a_stack_holds_slices_truth_and_lungs(cases: tuple[Case, ...], tmp_path: Path) -> None:
    healthy, ill = cases[0], cases[3]
    first, second = StackCache(tmp_path, INPUT, "lesions").load([healthy, ill])
    volume, _ = load_study(ill.study)
    assert ill.lungs is not None
    assert ill.lesions is not None
    lungs, lesions = read_label_mask(ill.lungs), read_label_mask(ill.lesions)
    frame = find_frame(volume, lungs, INPUT, task="lesions")
    every = np.arange(frame.slices[1] - frame.slices[0])
    planes = np.stack([second.take(int(z)) for z in every])
    np.testing.assert_array_equal(planes[:, 0], slice_planes(volume, frame, every, INPUT))
    np.testing.assert_array_equal(planes[:, 1], label_planes(lesions_of(lesions), frame, every, 32))
    np.testing.assert_array_equal(planes[:, 2], label_planes(lungs, frame, every, 32))
    assert second.count == len(every)
    assert second.filled.tolist() == np.flatnonzero(planes[:, 1].any(axis=(1, 2))).tolist() != []
    assert first.filled.size == 0


def test_lungs_are_looked_for_in_every_slice_and_told_apart(cases: tuple[Case, ...], tmp_path: Path) -> None:
    (stack,) = StackCache(tmp_path, replace(INPUT, field="slice"), "lungs").load(cases[:1])
    assert stack.count == micro.SHAPE[0]
    middle = stack.take(micro.SHAPE[0] // 2)
    assert set(np.unique(middle[1, :, :16])) == {0, 1}
    assert set(np.unique(middle[1, :, 16:])) == {0, 2}
    few = replace(INPUT, field="slice", slices=12)
    assert StackCache(tmp_path, few, "lungs").load(cases[:1])[0].count == 12


def test_what_was_made_is_read_and_what_is_damaged_made_anew(
    cases: tuple[Case, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = StackCache(tmp_path, INPUT, "lesions")
    made = cache.load(cases[3:4])[0].take(5)
    (path,) = tmp_path.rglob("*.lesions")
    path.write_bytes(path.read_bytes()[:-9])
    np.testing.assert_array_equal(cache.load(cases[3:4])[0].take(5), made)
    monkeypatch.setattr("pleura.data.segmentation.stacks.load_study", None)
    np.testing.assert_array_equal(cache.load(cases[3:4])[0].take(5), made)


def test_an_entry_is_named_by_all_that_decides_it(cases: tuple[Case, ...], tmp_path: Path) -> None:
    case = cases[3]
    assert case.lesions is not None
    other = tmp_path / "other.nii.gz"
    write_nifti(other, np.zeros(micro.SHAPE, np.uint8), micro.AFFINE)
    cache = StackCache(tmp_path, INPUT, "lesions")
    keys = [
        cache.key(case),
        cache.key(replace(case, lesions=other)),
        cache.key(replace(case, lungs=None)),
        cache.key(replace(case, study=cases[0].study)),
        replace(cache, settings=replace(INPUT, slices=32)).key(case),
        replace(cache, settings=replace(INPUT, window_low=-1000)).key(case),
        replace(cache, task="lungs").key(case),
    ]
    assert len(set(keys)) == len(keys)
    assert replace(cache, folder=tmp_path / "x").key(replace(case, label="bacterial")) == keys[0]


def test_cases_without_what_is_needed_are_refused_by_name(cases: tuple[Case, ...], tmp_path: Path) -> None:
    lesions, lungs = (StackCache(tmp_path, INPUT, task) for task in ("lesions", "lungs"))
    with pytest.raises(CohortError, match=r"case c3 \(other-viral\) has no lesion mask|case c3 .* has no lesion mask"):
        lesions.load([replace(cases[3], lesions=None)])
    with pytest.raises(CohortError, match="case c0 has no lung mask"):
        lungs.load([replace(cases[0], lungs=None)])
    with pytest.raises(CohortError, match="256 grey levels: case c0"):
        lesions.load([replace(cases[0], intensity="8-bit")])
    small = tmp_path / "small.nii.gz"
    write_nifti(small, np.ones((4, 8, 8), np.uint8), micro.AFFINE)
    with pytest.raises(CohortError, match=r"case c3: a lesion mask of shape \(4, 8, 8\)"):
        lesions.load([replace(cases[3], lesions=small)])

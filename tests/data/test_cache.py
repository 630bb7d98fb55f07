"""The cache against fresh preparation; what changes the key, what does not, and what damage does."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from pleura.data import cache as caching
from pleura.data.cache import SliceCache, cache_key, default_cache_folder
from pleura.data.cohort import Case, Cohort, read_cohort
from pleura.data.preparation import prepare_study
from pleura.errors import CohortError, OutputError
from pleura.imaging.field import Field
from pleura.imaging.inplane import prepare_labels
from pleura.imaging.nifti_write import write_nifti
from pleura.settings import InputSettings
from training import micro

SETTINGS = InputSettings(size=16)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return read_cohort(micro.write_cohort(tmp_path_factory.mktemp("cohort") / "micro", cases=8))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The studies that were prepared."""
    studies: list[Path] = []

    def prepare(path: Path, settings: InputSettings) -> tuple[np.ndarray, Field]:
        studies.append(path)
        return prepare_study(path, settings)

    monkeypatch.setattr(caching, "prepare_study", prepare)
    return studies


def test_what_is_read_is_what_was_prepared(cohort: Cohort, tmp_path: Path) -> None:
    cache = SliceCache(tmp_path, SETTINGS)
    keys = cache.warm(cohort.cases[:2])
    for case in cohort.cases[:2]:
        prepared, field = prepare_study(case.study, SETTINGS)
        entry = cache.open(keys[case.case])
        assert entry.count == len(prepared)
        assert entry.field == field
        np.testing.assert_array_equal(entry.all(), prepared)
        np.testing.assert_array_equal(entry.take(np.array([3, 3, 7])), prepared[[3, 3, 7]])
        assert entry.all().dtype == entry.take(np.array([0])).dtype == np.int16


def test_a_case_is_prepared_once(cohort: Cohort, counted: list[Path], tmp_path: Path) -> None:
    cache = SliceCache(tmp_path, SETTINGS)
    notes: list[str] = []
    first = cache.warm(cohort.cases[:3], on_done=notes.append)
    assert len(counted) == 3
    assert notes == ["", "", ""]
    assert SliceCache(tmp_path, SETTINGS).warm(cohort.cases[:4]) | first == cache.warm(cohort.cases[:4])
    assert len(counted) == 4


def test_processes_make_the_same_entries(cohort: Cohort, tmp_path: Path) -> None:
    one, two = SliceCache(tmp_path / "1", SETTINGS), SliceCache(tmp_path / "2", SETTINGS)
    keys = one.warm(cohort.cases[:2])
    assert two.warm(cohort.cases[:2], workers=2) == keys
    for key in keys.values():
        np.testing.assert_array_equal(one.open(key).all(), two.open(key).all())


def test_the_key_follows_bytes_and_transform_not_names(cohort: Cohort, tmp_path: Path) -> None:
    study = cohort.cases[0].study
    key = cache_key(study, SETTINGS)
    moved = tmp_path / "renamed.nii.gz"
    shutil.copy(study, moved)
    assert cache_key(moved, SETTINGS) == key
    assert cache_key(moved, InputSettings(size=16, mean=0.0, subsets=3)) == key
    assert cache_key(moved, InputSettings(size=20)) != key
    assert cache_key(moved, InputSettings(size=16, window_high=500)) != key
    moved.write_bytes(moved.read_bytes() + b"x")
    assert cache_key(moved, SETTINGS) != key


def test_a_folders_key_is_that_of_its_files_in_any_order_and_depth(tmp_path: Path) -> None:
    for name, content in (("a/1", b"one"), ("a/2", b"two"), ("b/x/2", b"one"), ("b/y/1", b"two"), ("c/1", b"one")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    keys = [cache_key(tmp_path / folder, SETTINGS) for folder in "abc"]
    assert keys[0] == keys[1] != keys[2]


def test_a_new_version_of_the_transform_gives_new_keys(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    study = cohort.cases[0].study
    keys = {cache_key(study, SETTINGS)}
    monkeypatch.setattr(caching, "LUNGS_VERSION", caching.LUNGS_VERSION + 1)
    keys.add(cache_key(study, SETTINGS))
    monkeypatch.setattr(caching, "PREPARE_VERSION", caching.PREPARE_VERSION + 1)
    keys.add(cache_key(study, SETTINGS))
    assert len(keys) == 3


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "foreign"])
def test_a_damaged_entry_is_refused_then_made_anew_and_said(
    cohort: Cohort, counted: list[Path], tmp_path: Path, damage: str
) -> None:
    cache = SliceCache(tmp_path, SETTINGS)
    case = cohort.cases[0]
    key = cache.warm([case])[case.case]
    whole = cache.open(key).all()
    path = next(tmp_path.rglob("*.slices"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    wrong = {"cut": content[:-5], "flipped": content, "emptied": b"", "foreign": b"something else" * 9}
    path.write_bytes(wrong[damage])
    with pytest.raises(CohortError, match="are damaged"):
        cache.open(key)
    notes: list[str] = []
    cache.warm([case], on_done=notes.append)
    assert len(counted) == 2
    assert "damaged" in notes[0]
    assert "made anew" in notes[0]
    np.testing.assert_array_equal(cache.open(key).all(), whole)


def test_a_missing_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="cannot read the cached slices"):
        SliceCache(tmp_path, SETTINGS).open("0" * 64)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_study_without_lungs_names_its_case(tmp_path: Path, workers: int) -> None:
    folder = micro.write_cohort(tmp_path / "cohort", cases=8)
    write_nifti(folder / "studies" / "1.nii.gz", np.full(micro.SHAPE, 40, dtype=np.int16), micro.AFFINE)
    with pytest.raises(CohortError, match="case c1 cannot be used"):
        SliceCache(tmp_path / "cache", SETTINGS).warm(read_cohort(folder).cases[:2], workers=workers)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".slices"]


def test_the_default_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("PLEURA_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "pleura"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_folder() == Path.home() / ".cache" / "pleura"


def test_a_folder_that_cannot_be_written_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="name another --cache"):
        SliceCache(tmp_path / "file" / "cache", SETTINGS).warm(cohort.cases[:1])


def test_a_study_that_has_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"cannot read .*gone\.nii"):
        cache_key(tmp_path / "gone.nii", SETTINGS)


def _with_lesions(cohort: Cohort, folder: Path) -> tuple[Case, np.ndarray]:
    """A case whose lesion mask has two kinds."""
    case = next(case for case in cohort.cases if case.label != "healthy")
    labels = np.zeros(micro.SHAPE, np.uint8)
    labels[10:20, 12:24, 9:21] = 1
    labels[14:18, 15:18, 12:15] = 2
    write_nifti(folder / "lesions.nii.gz", labels, micro.AFFINE)
    return dataclasses.replace(case, lesions=folder / "lesions.nii.gz"), labels


@pytest.mark.parametrize("field", ["slice", "lungs"])
def test_a_lesion_mask_lies_on_its_slices(field: str, cohort: Cohort, tmp_path: Path) -> None:
    case, labels = _with_lesions(cohort, tmp_path)
    cache = SliceCache(tmp_path, InputSettings(size=16, field=field))
    keys = cache.warm([case])
    (key,) = cache.warm_lesions([case], keys).values()
    entry = cache.open(keys[case.case])
    taken = cache.open_lesions(key).take(np.arange(entry.count))
    np.testing.assert_array_equal(taken, prepare_labels(labels, entry.field, size=16))
    assert set(np.unique(taken)) == {0, 1, 2}
    assert cache.warm_lesions([case], keys) == {case.case: key}


def test_a_healthy_case_needs_no_lesion_mask(cohort: Cohort, tmp_path: Path) -> None:
    cache = SliceCache(tmp_path, SETTINGS)
    case = next(case for case in cohort.cases if case.label == "healthy")
    (key,) = cache.warm_lesions([case], cache.warm([case])).values()
    assert not cache.open_lesions(key).take(np.arange(8)).any()


def test_a_diseased_case_without_a_lesion_mask_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    cache = SliceCache(tmp_path, SETTINGS)
    case = next(case for case in cohort.cases if case.label != "healthy")
    keys = cache.warm([case])
    with pytest.raises(CohortError, match=r"has no lesion mask; give it one, or set loss.lesions = 0"):
        cache.warm_lesions([case], keys)


def test_a_lesion_mask_of_another_grid_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    case, labels = _with_lesions(cohort, tmp_path)
    write_nifti(tmp_path / "lesions.nii.gz", labels[:10], micro.AFFINE)
    cache = SliceCache(tmp_path, SETTINGS)
    keys = cache.warm([case])
    with pytest.raises(CohortError, match="the lesion mask of case"):
        cache.warm_lesions([case], keys)

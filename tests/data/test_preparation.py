from pathlib import Path

import numpy as np
import pytest

from pleura.data.preparation import prepare_study
from pleura.errors import StudyError
from pleura.imaging.field import Field, find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import lung_slices, segment_lungs
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.study import load_study
from pleura.settings import InputSettings
from training import micro


def test_slices_are_the_lungs_clipped_and_averaged(tmp_path: Path) -> None:
    chest = micro.chest(1, "covid-19")
    write_nifti(tmp_path / "a.nii.gz", chest, micro.AFFINE)
    prepared, field = prepare_study(tmp_path / "a.nii.gz", InputSettings(size=16, window_low=-900, window_high=0))
    volume, _ = load_study(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(volume.hu, chest)
    extent = lung_slices(segment_lungs(volume))
    expected = np.clip(chest[extent], -900, 0).reshape(-1, 16, 3, 16, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(prepared, expected, atol=0.501)
    assert field == Field((extent.start, extent.stop), (0, 48), (0, 48))


def test_the_lungs_fill_their_field(tmp_path: Path) -> None:
    chest = micro.chest(1, "healthy")
    write_nifti(tmp_path / "a.nii.gz", chest, micro.AFFINE)
    prepared, field = prepare_study(tmp_path / "a.nii.gz", InputSettings(size=16, field="lungs"))
    volume, _ = load_study(tmp_path / "a.nii.gz")
    assert field == find_field(segment_lungs(volume), volume, "lungs")
    np.testing.assert_array_equal(prepared, prepare(volume, field, size=16))


def test_a_study_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nii.gz").write_bytes(b"not an image")
    with pytest.raises(StudyError):
        prepare_study(tmp_path / "a.nii.gz", InputSettings())

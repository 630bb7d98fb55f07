"""Real scans in the layouts: a series of DICOM slices that comes over as it is, and pictures of 8 bits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pleura.data.inspection import odd_values
from pleura.imaging.grey_levels import Window, from_levels
from pleura.imaging.slice_images import read_slice_images
from pleura.imaging.study import load_study


def test_a_real_series_comes_over_to_the_voxel(real_data: Path, tmp_path: Path, bring: Callable) -> None:
    series = real_data / "ct" / "lung-pet-ct-dx-a0001" / "soft"
    folder = tmp_path / "source" / "Normal subjects" / "normal001"
    folder.parent.mkdir(parents=True)
    folder.symlink_to(series, target_is_directory=True)
    out, rows, reasons, _ = bring("covid-ct-md", tmp_path / "source")
    assert reasons == {}
    got, _ = load_study(out / rows[0]["study"])
    assert got.source.sha256 == load_study(series)[0].source.sha256
    assert not any(path.is_symlink() for path in (out / rows[0]["study"]).iterdir())


def test_real_pictures_on_their_window_look_like_a_chest(real_data: Path) -> None:
    folder = real_data / "lesions" / "covid19-ct-seg-2d" / "ct"
    paths = sorted(folder.iterdir())[20:60]
    levels = read_slice_images(paths)
    np.testing.assert_array_equal(levels[7], np.asarray(Image.open(paths[7])))
    hu = from_levels(levels, Window(-1250, 250))
    assert [fault.text for fault in odd_values(hu) if "lung" in fault.text] == []

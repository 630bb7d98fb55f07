"""What is left of a scan that was published as pictures of 8 bits: the lungs that are found in it, against those in HU.

A real series (`../shared/data/ct`, half its pixels in plane) is written as pictures in the layout of CC-CCII, imported
with the right words about them and with wrong ones, and its lungs are compared with those of the series itself.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from _table import Row, report
from pleura.data.public.choices import Choices
from pleura.data.public.importing import import_cohort
from pleura.data.public.layouts import find_layout
from pleura.imaging.grey_levels import Window
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume

DATA = Path(os.environ.get("PLEURA_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
LUNG = Window(-1250, 250)


def read_series() -> Volume:
    """Read the series with every other pixel in plane."""
    whole, _ = load_study(DATA / "ct" / "lung-pet-ct-dx-a0001" / "soft")
    affine = np.array(whole.affine)
    affine[:, 1:3] *= 2
    return Volume(hu=np.ascontiguousarray(whole.hu[:, ::2, ::2]), affine=affine, source=whole.source)


def write_pictures(folder: Path, volume: Volume, window: Window, ending: str) -> Path:
    """Write the slices as whoever publishes pictures does, from the head on."""
    scan = folder / "Normal" / "1" / "1"
    scan.mkdir(parents=True)
    shares = (volume.hu.astype(float) - window.low) / (window.high - window.low)
    for place, levels in enumerate(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)[::-1]):
        Image.fromarray(levels).save(scan / f"{place:04}{ending}")
    return folder


def dice(found: np.ndarray, truth: np.ndarray) -> float:
    """Overlap of two masks, 0 to 1."""
    return float(2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth)))


def main() -> None:
    """Measure each way in which pictures can be misread."""
    volume = read_series()
    truth = segment_lungs(volume) > 0
    right = (volume.spacing[2] * volume.shape[2], volume.spacing[0] * volume.shape[0])
    ways = {
        "PNG": (LUNG, ".png", LUNG, right),
        "PNG, extent 350,300": (LUNG, ".png", LUNG, (350.0, 300.0)),
        "PNG of -1350..150 taken for -1250..250": (Window(-1350, 150), ".png", LUNG, right),
        "PNG of -1200..600 taken for -1250..250": (Window(-1200, 600), ".png", LUNG, right),
        "JPEG of Pillow's quality 75": (LUNG, ".jpg", LUNG, right),
    }
    rows = []
    with tempfile.TemporaryDirectory() as made:
        for number, (name, (shown, ending, said, extent)) in enumerate(ways.items()):
            source = write_pictures(Path(made) / f"source-{number}", volume, shown, ending)
            choices = Choices(window=said, extent=extent)
            import_cohort(find_layout("cc-ccii"), source, Path(made) / f"out-{number}", choices)
            study, _ = load_study(Path(made) / f"out-{number}" / "studies" / "Normal-1-1.nii.gz")
            found = segment_lungs(study) > 0
            lost = int(np.count_nonzero(found.any(axis=(1, 2)) != truth.any(axis=(1, 2))))
            rows.append(
                Row(name=name, value=dice(found, truth), unit="Dice", detail=f"lung slices that differ: {lost}")
            )
    report("grey_levels", rows)


if __name__ == "__main__":
    main()

"""A mask of lesions in; how many there are apart from one another, and the largest with their places, out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.diagnosis.lesions.runs import connected_runs
from pleura.imaging.volume import Volume

__all__ = ["LEAST_ML", "LISTED", "Focus", "find_foci"]

LEAST_ML = 0.1
"""Smaller ones are not counted: a ball of 6 mm, below which the Fleischner Society follows up no nodule (MacMahon et
al., Guidelines for management of incidental pulmonary nodules, Radiology 284 (2017) 228-243)."""
LISTED = 5
"""Of the largest lesions so many are described."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Focus:
    """One lesion: voxels that touch one another, if only at a corner."""

    indices: npt.NDArray[np.int64]
    """(voxels, 3): k, j, i of each."""
    ml: float
    centre: tuple[float, float, float]
    """Centre of gravity, LPS, mm."""
    mean_hu: float

    @property
    def slices(self) -> tuple[int, int]:
        """First and last slice that show it."""
        return int(self.indices[:, 0].min()), int(self.indices[:, 0].max())

    @property
    def slice(self) -> int:
        """The slice that shows most of it; the lowest of several."""
        return int(np.bincount(self.indices[:, 0]).argmax())

    def most(self, labels: npt.NDArray[np.uint8]) -> int:
        """Label other than 0 under most of it; 0 where there is none."""
        counts = np.bincount(labels[tuple(self.indices.T)], minlength=2)
        counts[0] = 0
        return int(counts.argmax())


def find_foci(mask: npt.NDArray[np.bool_], volume: Volume) -> tuple[int, tuple[Focus, ...]]:
    """Tell lesions apart.

    Parameters
    ----------
    mask : where there is lesion, on the volume's grid, (z, y, x)
    volume : gives HU and the place of each voxel

    Returns
    -------
    How many of `LEAST_ML` or more there are, and the `LISTED` largest of these, largest first.
    """
    runs = connected_runs(mask)
    if len(runs.parts) == 0:
        return 0, ()
    sizes = runs.sizes
    large = np.flatnonzero(sizes * volume.voxel_ml >= LEAST_ML)
    order = large[np.argsort(-sizes[large], kind="stable")][:LISTED]
    return len(large), tuple(_focus(runs.voxels(int(part)), volume) for part in order)


def _focus(indices: npt.NDArray[np.int64], volume: Volume) -> Focus:
    centre = volume.affine @ np.append(indices.mean(axis=0), 1.0)
    return Focus(
        indices=indices,
        ml=len(indices) * volume.voxel_ml,
        centre=(float(centre[0]), float(centre[1]), float(centre[2])),
        mean_hu=float(volume.hu[tuple(indices.T)].mean()),
    )

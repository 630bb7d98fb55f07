"""Fields over the lungs in, one `Findings` out: what a disease looks like before any scanner sees it.

Every field is smooth noise pushed up or down by a prior over the place and then cut at the level that gives the wanted
burden, so that outlines are organic and the place is that of the disease.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from pleura.data.synthetic.anatomy.capsules import PAINTED
from pleura.data.synthetic.findings.lung_grid import LungGrid

__all__ = ["Field", "Findings", "Painted", "pack"]

Array = npt.NDArray[np.float64]
Field = npt.NDArray[np.floating]


@dataclass(frozen=True, kw_only=True, eq=False)
class Painted:
    """Small objects, as capsules ready to be painted, and the kind of lesion that each counts as."""

    capsules: Array = field(default_factory=lambda: np.zeros((0, PAINTED)))
    """(n, 11)."""
    kinds: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """(n,); 0 counts as no lesion."""

    @staticmethod
    def of(rows: list[Array], kind: int) -> "Painted":
        """Rows of 11 numbers, all of one kind."""
        capsules = np.array(rows).reshape(-1, PAINTED)
        return Painted(capsules=capsules, kinds=np.full(len(capsules), kind, np.uint8))

    def __add__(self, other: "Painted") -> "Painted":
        return Painted(
            capsules=np.vstack([self.capsules, other.capsules]), kinds=np.concatenate([self.kinds, other.kinds])
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """What is wrong in one pair of lungs."""

    origin: Array
    """x, y, z of the first point of the fields, mm."""
    step: float
    """Distance between points of the fields, mm."""
    fields: npt.NDArray[np.float32]
    """Ground glass, consolidation, thickened septa, fluid, each 0 to 1; (z, y, x, 4)."""
    under: Painted = field(default_factory=Painted)
    """Painted before the vessels."""
    over: Painted = field(default_factory=Painted)
    """Painted after everything."""


def pack(
    lungs: LungGrid,
    *,
    ground_glass: Field | float = 0.0,
    consolidation: Field | float = 0.0,
    septa: Field | float = 0.0,
    fluid: Field | float = 0.0,
    under: Painted | None = None,
    over: Painted | None = None,
) -> Findings:
    """Put the fields of one disease together, and let them run past the pleura.

    Without that, interpolation would fade every lesion at the edge of the lung.
    """
    fields = np.zeros((*lungs.mask.shape, 4), np.float32)
    for c, values in enumerate((ground_glass, consolidation, septa, fluid)):
        fields[..., c] = np.clip(values, 0, 1)
    near = gaussian_filter(lungs.mask.astype(np.float32), 0.7)
    for c in range(3):
        if fields[..., c].any():
            blurred = gaussian_filter(fields[..., c], 0.7) / np.maximum(near, 1e-3)
            fields[..., c] = np.where(lungs.mask, fields[..., c], np.clip(blurred, 0, 1) * (near > 0.02))
    return Findings(
        origin=lungs.origin, step=lungs.step, fields=fields, under=under or Painted(), over=over or Painted()
    )

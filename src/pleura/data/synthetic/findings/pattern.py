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
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["Amount", "Findings", "Painted", "draw_amount", "draw_burden", "draw_consolidated_share", "pack"]

Array = npt.NDArray[np.float64]
Field = npt.NDArray[np.floating]


LARGEST_SHARE = 0.85
"""Most of the lungs that a disease can take."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Painted:
    """Small objects, as capsules ready to be painted, and the kind of lesion that each counts as."""

    capsules: Array = field(default_factory=lambda: np.zeros((0, PAINTED)))
    """(n, 11)."""
    kinds: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """(n,)."""

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


def draw_burden(g: np.random.Generator, severity: int) -> float:
    """Fraction of the lungs with disease; severity 1, 2 and 3 overlap, and all diseases share this distribution."""
    return float(np.clip(g.lognormal(np.log([0.035, 0.12, 0.32][severity - 1]), 0.5), 0.006, 0.72))


def draw_consolidated_share(g: np.random.Generator, severity: int) -> float:
    """Share of the diseased lung that has consolidated, of the viral diseases."""
    return float(np.clip(g.beta([1.2, 2, 2.8][severity - 1], 3.2), 0, 0.9))


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much disease there is on the day of the scan."""

    drawn: float
    """Share of the lungs with disease that the severity draws: the lesions' places and sizes follow from it."""
    now: float
    """Share of the lungs with disease on this day."""
    consolidated: float
    """Share of the diseased lung that has consolidated."""
    paving: float
    """How far thickened septa show, 0 to 1."""
    bands: float
    """How far subpleural bands show, 0 to 1."""
    strength: float
    """Factor on the density: 1, and falling to 0 with the last of the disease."""


def draw_amount(g: np.random.Generator, severity: int, stage: Stage | None) -> Amount:
    """Draw how much disease there is; a stage replaces what it names, and draws nothing more or less."""
    drawn = draw_burden(g, severity)
    consolidated = 0.5 * draw_consolidated_share(g, severity)
    paving, bands = float(g.beta(1.6, 2.0)), float(g.beta(0.6, 2.5))
    if stage is None:
        return Amount(drawn=drawn, now=drawn, consolidated=consolidated, paving=paving, bands=bands, strength=1.0)
    return Amount(
        drawn=drawn,
        now=min(drawn * stage.extent, LARGEST_SHARE),
        consolidated=stage.consolidation,
        paving=stage.crazy_paving,
        bands=stage.bands,
        strength=min(1.0, stage.extent / 0.3),
    )


def pack(
    lungs: LungGrid,
    *,
    ground_glass: Field,
    consolidation: Field,
    septa: Field,
    fluid: Field,
    under: Painted | None = None,
) -> Findings:
    """Put the fields of one disease together, and let them run past the pleura.

    Without that, interpolation would fade every lesion at the edge of the lung.
    """
    fields = np.stack([ground_glass, consolidation, septa, fluid], -1).astype(np.float32)
    near = gaussian_filter(lungs.mask.astype(np.float32), 0.7)
    for c in range(3):
        if fields[..., c].any():
            blurred = gaussian_filter(fields[..., c], 0.7) / np.maximum(near, 1e-3)
            fields[..., c] = np.where(lungs.mask, fields[..., c], np.clip(blurred, 0, 1) * (near > 0.02))
    return Findings(origin=lungs.origin, step=lungs.step, fields=np.ascontiguousarray(fields), under=under or Painted())

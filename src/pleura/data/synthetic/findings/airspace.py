"""A score over the lungs and an amount in, the fields of opacified lung and of pleural fluid out."""

from dataclasses import dataclass

import numpy as np

from pleura.data.synthetic.findings.amount import Amount
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Field

__all__ = ["Airspace", "draw_density", "draw_effusion", "opacify"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Airspace:
    """Opacified lung on the grid of the lungs, each 0 to 1, (z, y, x)."""

    usual: Field
    """Where disease lies at its usual extent, whatever the day: for the places of what accompanies it."""
    area: Field
    """Where disease lies on the day."""
    ground_glass: Field
    consolidation: Field
    septa: Field


def draw_density(g: np.random.Generator, severity: int) -> float:
    """Mean share of the air that ground glass replaces; the same distribution for all diseases."""
    return float(np.clip(g.normal(0.33, 0.07) + 0.035 * (severity - 2), 0.16, 0.6))


def opacify(
    g: np.random.Generator,
    lungs: LungGrid,
    amount: Amount,
    score: Field,
    *,
    inner: Field,
    density: float,
    soft: float = 0.8,
) -> Airspace:
    """Fill the air spaces where a score is highest.

    With another stage of the same amount the level moves and nothing else: lesions grow and shrink in place.

    Parameters
    ----------
    g : draws the unevenness
    lungs : where
    amount : how much on the day
    score : where disease comes first; about unit variance
    inner : where, within the disease, lung consolidates first
    density : mean share of the air that ground glass replaces
    soft : width of the edges, in units of the score
    """
    uneven = density + 0.07 * lungs.noise(g, 9) + 0.05 * lungs.noise(g, 4.5)
    core = inner + 0.9 * lungs.noise(g, 4.5) + 0.5 * lungs.noise(g, 10)
    patchy = 0.35 + 0.75 * lungs.noise(g, 14)
    usual = lungs.cut(score, amount.drawn, soft)
    area = lungs.cut(score, amount.now, soft) * amount.strength
    dense = np.where(score > -5, 0.6 * score + core + 3.0 * np.minimum(area - 0.6, 0), -9.0)
    consolidation = lungs.cut(dense, 1.1 * amount.now * amount.consolidated, 0.7) * np.clip(3.3 * (area - 0.3), 0, 1)
    return Airspace(
        usual=usual,
        area=area,
        ground_glass=area * np.clip(uneven, 0.13, 0.75),
        consolidation=consolidation * (amount.consolidated > 0),
        septa=np.clip(area * np.clip(patchy, 0, 1) * amount.paving * 1.3, 0, 1),
    )


def draw_effusion(g: np.random.Generator, lungs: LungGrid, side: int, *, largest: float = 1.0) -> tuple[Field, Field]:
    """Fluid that lies level with a meniscus on one side, and the lung that it squeezes.

    Parameters
    ----------
    side : -1 right, 1 left
    largest : 1 up to half of the side; less for less

    Returns
    -------
    fluid, squeezed : 0 to 1; (z, y, x) each
    """
    L = lungs
    amount = largest * g.beta(1.6, 3.5)
    level = L.back + 0.13 * np.exp(-L.wall / 9.0) - 0.25 * (L.t - 0.1) * (1 - amount)
    here = L.x * side > 0
    fluid = np.clip((level - (1.06 - 0.5 * amount)) / 0.03 + 0.5, 0, 1) * here * (L.t < 0.75)
    squeezed = np.clip((level - (0.93 - 0.5 * amount)) / 0.14, 0, 1) * here * (L.t < 0.6) * L.mask
    return fluid, squeezed

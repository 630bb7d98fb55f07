"""Trees and a prior in, painted objects beside bronchi and vessels out: centrilobular nodules, buds, thick walls."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import SOFT, VESSEL, ball, stroke, tinted
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Field

__all__ = ["choose_tips", "draw_buds", "draw_centrilobular", "thick_bronchi", "thick_vessels"]

Array = npt.NDArray[np.float64]


def choose_tips(g: np.random.Generator, lungs: LungGrid, prior: Field, count: int) -> Array:
    """Draw ends of arteries from a prior over the lungs, none twice; at most `count`, (n, 3).

    A smaller count gives the first of the same ends, and the generator moves on by the same amount for any.
    """
    tips = lungs.anatomy.trees.tips
    weight = lungs.at(np.where(lungs.mask, prior, 0), tips)
    keys = np.log(np.maximum(weight, 1e-12)) + g.gumbel(size=len(tips))
    keys[weight <= 0] = -np.inf
    order = np.argsort(-keys, kind="stable")[:count]
    return tips[order[np.isfinite(keys[order])]]


def draw_centrilobular(
    g: np.random.Generator, lungs: LungGrid, prior: Field, *, count: int, radius: float, hu: float, softness: float
) -> list[Array]:
    """Soft nodules near the ends of arteries, drawn from a prior over the lungs; rows of 11."""
    tips = choose_tips(g, lungs, prior, count)
    h = np.random.default_rng(g.integers(1 << 32))
    return [ball(t + h.normal(0, 2.6, 3), radius * h.uniform(0.6, 1.35), hu, SOFT, softness) for t in tips]


def draw_buds(g: np.random.Generator, lungs: LungGrid, prior: Field, *, count: int) -> list[Array]:
    """Tree-in-bud: short branching lines with small knobs at their ends, near the ends of arteries; rows of 11."""
    tips = choose_tips(g, lungs, prior, count)
    h = np.random.default_rng(g.integers(1 << 32))
    rows = []
    for tip in tips:
        root = tip + h.normal(0, 1.5, 3)
        for _ in range(int(h.integers(3, 6))):
            end = root + h.normal(0, 3.4, 3)
            hu = float(h.normal(0, 30))
            rows += [stroke(root, 0.7, end, 0.6, hu), ball(end, h.uniform(0.9, 1.7), hu, VESSEL)]
    return rows


def thick_bronchi(lungs: LungGrid, where: Field, *, factor: float) -> list[Array]:
    """Thickened walls of the bronchi that run where a field is high; to be painted under their lumens; rows of 11."""
    tubes = lungs.anatomy.trees.airways
    tubes = tubes[(tubes[:, [3, 7]].max(1) < 4.0) & (lungs.at(where, 0.5 * (tubes[:, :3] + tubes[:, 4:7])) > 0.15)]
    shell = tubes[:, :8].copy()
    shell[:, [3, 7]] += factor * np.clip(0.25 * shell[:, [3, 7]] + 0.5, 0.7, 1.6)
    return list(tinted(shell, -10.0, VESSEL))


def thick_vessels(lungs: LungGrid, where: Field, *, factor: float) -> list[Array]:
    """Vessels within the disease drawn wider than they are; rows of 11."""
    trees = lungs.anatomy.trees
    tubes = np.vstack([trees.arteries[:, :8], trees.veins[:, :8]])
    thin = tubes[:, [3, 7]].max(1) < 2.6
    tubes = tubes[thin & (lungs.at(where, 0.5 * (tubes[:, :3] + tubes[:, 4:7])) > 0.3)]
    return list(tinted(tubes * np.r_[1, 1, 1, factor, 1, 1, 1, factor], 40.0, VESSEL))

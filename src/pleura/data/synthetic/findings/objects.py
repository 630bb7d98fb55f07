"""Lungs and a prior in, small painted objects out: nodules at the ends of arteries, specks, scars."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import SOFT, VESSEL, ball, stroke
from pleura.data.synthetic.findings.lung_grid import LungGrid

__all__ = ["draw_centrilobular", "draw_nodules", "draw_scars"]

Array = npt.NDArray[np.float64]


def draw_centrilobular(
    g: np.random.Generator,
    lungs: LungGrid,
    prior: npt.NDArray[np.floating],
    *,
    count: int,
    radius: float,
    hu: float,
    softness: float,
) -> list[Array]:
    """Soft nodules at the ends of arteries, drawn from a prior over the lungs; rows of 11."""
    tips = lungs.anatomy.trees.tips
    q, inside = lungs.indices(tips)
    weight = np.zeros(len(tips))
    weight[inside] = np.where(lungs.mask, prior, 0)[q[inside, 2], q[inside, 1], q[inside, 0]]
    if weight.sum() <= 0:
        return []
    chosen = g.choice(len(tips), min(count, int((weight > 0).sum())), replace=False, p=weight / weight.sum())
    return [ball(tips[i] + g.normal(0, 3.2, 3), radius * g.uniform(0.65, 1.35), hu, SOFT, softness) for i in chosen]


def draw_nodules(
    g: np.random.Generator, lungs: LungGrid, *, count: int, smallest: float, largest: float
) -> list[Array]:
    """Solid nodules, some calcified, the larger ones lumpy and spiculated; radii in mm; rows of 11."""
    rows = []
    free = np.flatnonzero(lungs.mask & (lungs.depth > smallest))
    for _ in range(count):
        c = lungs.point(g.choice(free))
        r = float(np.exp(g.uniform(np.log(smallest), np.log(largest))))
        hu = float(g.normal(35, 15)) if g.random() < 0.85 else 400.0
        rows += [ball(c + g.normal(0, 0.25 * r, 3), r * g.uniform(0.7, 1), hu, VESSEL) for _ in range(1 + 5 * (r > 4))]
        if r > 6:
            for _ in range(int(g.integers(6, 20))):
                u = g.normal(0, 1, 3)
                u /= np.linalg.norm(u)
                rows.append(stroke(c + u * r * 0.6, 0.22 * r**0.7, c + u * r * g.uniform(1.3, 2.1), 0.25, hu))
    return rows


def draw_scars(g: np.random.Generator, lungs: LungGrid, count: int) -> list[Array]:
    """Old scars: short dense lines from the pleura inwards, at the apex and the base; rows of 11."""
    rows = []
    for _ in range(count):
        free = np.flatnonzero(lungs.mask & (lungs.depth < 10) & ((lungs.t > 0.75) | (lungs.t < 0.35)))
        p = lungs.point(g.choice(free))
        u = np.array([-np.sign(p[0]), g.normal(0, 0.6), g.normal(0, 0.4)])
        for _ in range(int(g.integers(1, 4))):
            q = p + u * g.uniform(8, 30) + g.normal(0, 5, 3)
            m = 0.5 * (p + q) + g.normal(0, 3, 3)
            rows += [stroke(p, 1.0, m, 0.8, 20.0), stroke(m, 0.8, q, 0.5, 20.0)]
    return rows

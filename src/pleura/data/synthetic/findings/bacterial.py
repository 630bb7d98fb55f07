"""Lungs and a severity in, the findings of bacterial pneumonia out: one or two dense lobes, often with fluid."""

import numpy as np

from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Findings, draw_amount, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["draw_bacterial"]

EFFUSION = 0.42
"""Share of the cases with fluid in the pleural space."""


def draw_bacterial(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw a consolidated segment that keeps to its lobe, with a thin halo and perhaps an effusion on the same side."""
    L = lungs
    amount = draw_amount(g, severity, stage)
    f = amount.now
    lobes = [int(g.choice([1, 2, 3, 4, 5], p=[0.16, 0.12, 0.32, 0.12, 0.28]))]
    if severity == 3 or g.random() < 0.25:
        lobes.append(int(g.choice([q for q in (3, 5, 1, 4) if q not in lobes])))
    inside = np.isin(L.lobe, lobes)
    # a segment of the lobe: close to one seed near its pleura
    seed = g.choice(np.flatnonzero(inside & (L.depth < 12)))
    k, j, i = np.unravel_index(seed, L.mask.shape)
    d = np.sqrt((L.x - L.x[k, j, i]) ** 2 + (L.y - L.y[k, j, i]) ** 2 + (0.85 * (L.z - L.z[k, j, i])) ** 2)
    share = float(inside[L.mask].mean())
    score = np.where(inside, 3.0 - d / 26.0 + 0.45 * L.noise(g, 9) + 0.35 * L.noise(g, 4.5), -9.0)
    core = L.cut(score, min(f * 0.85, 0.93 * share), 0.35) * inside * amount.strength
    halo = L.cut(score, min(f * 1.5, 0.98 * share), 1.0) * inside * amount.strength
    ground_glass = halo * np.clip(g.normal(0.33, 0.06) + 0.08 * L.noise(g, 7), 0.1, 0.7)
    fluid = 0 * halo
    if g.random() < EFFUSION:  # level with a meniscus
        side = -1 if lobes[0] <= 3 else 1
        amount = g.beta(1.6, 3.5)
        level = L.back + 0.13 * np.exp(-L.wall / 9.0) - 0.25 * (L.t - 0.1) * (1 - amount)
        here = L.x * side > 0
        fluid = np.clip((level - (1.06 - 0.5 * amount)) / 0.03 + 0.5, 0, 1) * here * (L.t < 0.75)
        squeeze = np.clip((level - (0.93 - 0.5 * amount)) / 0.14, 0, 1) * here * (L.t < 0.6)
        ground_glass = np.maximum(ground_glass, 0.5 * squeeze * L.mask)
    return pack(L, ground_glass=ground_glass, consolidation=core, septa=0.2 * halo, fluid=fluid)

"""Lungs and a severity in, the findings of other viral pneumonia out: along the bronchi, lobular or diffuse."""

import numpy as np

from pleura.data.synthetic.findings.kinds import GROUND_GLASS
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_centrilobular
from pleura.data.synthetic.findings.pattern import Findings, Painted, draw_amount, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["draw_viral"]

_ARRANGEMENTS = {"diffuse": 0.3, "bronchovascular": 0.35, "lobular": 0.25, "peripheral": 0.10}
"""How often each arrangement is drawn; the peripheral one mimics COVID-19."""
_GRAIN = {"diffuse": 16.0, "bronchovascular": 8.0, "lobular": 5.5, "peripheral": 9.0}
"""Grain of the outlines, mm."""


def draw_viral(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw ground glass in one of four arrangements, with centrilobular nodules."""
    L = lungs
    amount = draw_amount(g, severity, stage)
    f = amount.drawn
    kind = str(g.choice(list(_ARRANGEMENTS), p=list(_ARRANGEMENTS.values())))
    side = g.normal(0, 0.45) * np.sign(L.x)
    hilar = np.exp(-L.bronchi / 9.0)
    if kind == "peripheral":
        prior = 1.6 * np.exp(-L.wall / 18) + 0.7 * (L.back - 0.5)
    elif kind == "bronchovascular":
        prior = 2.4 * hilar - 0.9 * np.exp(-L.wall / 12) + 0.3 * (L.back - 0.5)
    else:
        prior = 0.5 * hilar - 0.7 * np.exp(-L.wall / 10) + 0.2 * (L.back - 0.5)
    prior = prior + side + g.normal(0, 0.5) * (L.t - 0.5)
    shape = 0.8 * L.noise(g, _GRAIN[kind]) + 0.5 * L.noise(g, 4.5)
    score = prior + 0.9 * shape
    if kind != "diffuse":
        seeds = L.spread(g, int(g.integers(6, 16) + 24 * f), np.exp(2 * prior), 11 + 20 * f)
        score = score + 0.5 * np.maximum(seeds, -1.2)
    area = L.cut(score, amount.now, 0.9) * amount.strength
    density = g.normal(0.35, 0.08) + 0.05 * (severity - 2)
    ground_glass = area * np.clip(density + 0.09 * L.noise(g, 7), 0.12, 0.75)
    inner = 0.6 * score + 0.9 * L.noise(g, 4.5) + 0.5 * L.noise(g, 10) + 0.7 * hilar
    consolidation = L.cut(inner, amount.now * amount.consolidated, 0.9) * np.clip(2 * area, 0, 1)
    septa = area * np.clip(0.2 + 0.7 * L.noise(g, 16), 0, 1) * amount.paving * 1.1
    dots = draw_centrilobular(
        g,
        L,
        0.15 + area + 0.2 * hilar,
        count=int(g.gamma(2, 40) * (1.6 if kind == "lobular" else 0.8)),
        radius=g.uniform(2.4, 4.0),
        hu=-300.0,
        softness=g.uniform(0.35, 0.65),
    )
    return pack(
        L,
        ground_glass=ground_glass,
        consolidation=consolidation,
        septa=np.clip(septa, 0, 1),
        fluid=0 * area,
        under=Painted.of(dots, GROUND_GLASS),
    )

"""Lungs and a severity in, the findings of COVID-19 out: ground glass on both sides, at the rim, back and base."""

import numpy as np

from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Findings, draw_amount, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["draw_covid"]

TYPICAL = 0.85
"""Share of the cases that follow the rim; the others are atypical."""


def draw_covid(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw peripheral ground glass, with crazy paving, consolidation and now and then a reversed halo."""
    L = lungs
    amount = draw_amount(g, severity, stage)
    f = amount.drawn
    typical = g.random() < TYPICAL
    rim = np.exp(-L.wall / (13 + 10 * g.random() + 14 * f))
    prior = 2.3 * rim * (1 if typical else 0.35)
    prior = prior + g.normal(1.1, 0.35) * (L.back - 0.5) + g.normal(0.8, 0.5) * (0.45 - L.t)
    prior = prior + g.normal(0, 0.22) * np.sign(L.x)
    seeds = L.spread(g, int(g.integers(5, 12) + 26 * f), np.exp(2.0 * prior), 13 + 22 * f)
    shape = 0.8 * L.noise(g, 8) + 0.7 * L.noise(g, 3.6)
    score = 0.75 * np.maximum(seeds, -1.2) + 0.85 * prior + 0.75 * shape
    area = L.cut(score, amount.now, 1.0) * amount.strength
    density = g.normal(0.36, 0.08) + 0.05 * (severity - 2)
    ground_glass = area * np.clip(density + 0.09 * L.noise(g, 7), 0.12, 0.75)
    inner = 0.6 * score + 0.9 * L.noise(g, 4.5) + 0.5 * L.noise(g, 10) + 0.9 * rim
    consolidation = L.cut(inner, amount.now * amount.consolidated, 0.9) * np.clip(2 * area, 0, 1)
    septa = area * np.clip(0.3 + 0.7 * L.noise(g, 16), 0, 1) * amount.paving * 1.4
    if g.random() < 0.3:  # reversed halo: the middle clears
        core = np.clip((seeds - 0.75) * 3, 0, 1)
        ground_glass, consolidation = ground_glass * (1 - 0.5 * core), np.maximum(consolidation * (1 - core), 0)
    return pack(L, ground_glass=ground_glass, consolidation=consolidation, septa=np.clip(septa, 0, 1), fluid=0 * area)

"""Lungs and a severity in, the findings of bacterial pneumonia out: dense lobes or patches, often with fluid.

Frequencies after Reittner et al. (2003, doi 10.1007/s00330-002-1490-3), Tanaka et al. (1996, doi
10.1097/00004728-199607000-00019) and Tarver et al. (2005); docs/background/synthetic-cohorts.md says which number
comes from where.
"""

import numpy as np

from pleura.data.synthetic.findings.airspace import draw_density, draw_effusion, opacify
from pleura.data.synthetic.findings.airways import draw_buds, draw_centrilobular, thick_bronchi
from pleura.data.synthetic.findings.amount import draw_amount
from pleura.data.synthetic.findings.kinds import GROUND_GLASS, NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Field, Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["FORMS", "draw_bacterial"]

FORMS = {"lobar": 0.60, "multilobar": 0.15, "patchy": 0.17, "hazy": 0.08}
"""How often the disease is one segment or lobe, several lobes, bronchopneumonia, or mostly ground glass at the rim."""
_CONSOLIDATED = {"lobar": (5.0, 2.5), "multilobar": (4.5, 3.0), "patchy": (2.5, 3.5), "hazy": (1.2, 5.0)}
"""Shape of the share that has consolidated (beta distribution)."""
_NODULES = {"lobar": 0.10, "multilobar": 0.15, "patchy": 0.70, "hazy": 0.20}
"""Share of the cases with centrilobular nodules."""
EFFUSION, BOTH_SIDES = 0.35, 0.25
"""Share of the cases with fluid in the pleural space, and of these with fluid on both sides."""


def draw_bacterial(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw consolidation in one of four forms, with a thin halo and perhaps an effusion."""
    L = lungs
    form = str(g.choice(list(FORMS), p=list(FORMS.values())))
    amount = draw_amount(
        g, severity, stage, consolidated=float(g.beta(*_CONSOLIDATED[form])), paving=0.2 * g.random(), bands=0.0
    )
    order = g.choice([1, 2, 3, 4, 5], 5, replace=False, p=[0.17, 0.11, 0.33, 0.12, 0.27])
    side = -1 if order[0] <= 3 else 1
    hilar = np.exp(-L.bronchi / 9.0)
    if form in ("lobar", "multilobar"):
        score = _lobar_score(g, L, order, rooms=3 if form == "multilobar" else 1)
        soft = 0.45
    else:
        other = g.normal(-1.2, 0.8) * (L.x * side < 0)
        outward = 1.6 * np.exp(-L.wall / 18) if form == "hazy" else 0.9 * hilar
        prior = outward + other + g.normal(0.7, 0.4) * (L.back - 0.5) + g.normal(0.6, 0.5) * (0.45 - L.t)
        seeds = L.spread(g, int(g.integers(4, 11) + 22 * amount.drawn), np.exp(2 * prior), 9 + 20 * amount.drawn)
        score = prior + 0.8 * np.maximum(seeds, -1.2) + 0.6 * L.noise(g, 7) + 0.55 * L.noise(g, 4)
        soft = 0.7
    air = opacify(g, L, amount, score, inner=0.9 * score, density=draw_density(g, severity), soft=soft)
    wet, both = g.random() < EFFUSION, g.random() < BOTH_SIDES
    fluid, squeezed = draw_effusion(g, L, side)
    fluid_too, squeezed_too = draw_effusion(g, L, -side, largest=0.5)
    fluid, squeezed = np.maximum(fluid, both * fluid_too), np.maximum(squeezed, both * squeezed_too)
    wet = wet and amount.extent > 0.15
    grown = min(amount.extent, 1.5)
    dotted, thick = g.random() < _NODULES[form], g.random() < 0.35
    dots = draw_centrilobular(
        g,
        L,
        0.02 + air.usual,
        count=int(dotted * grown * g.gamma(2, 14)),
        radius=g.uniform(2.2, 3.6),
        hu=-250.0,
        softness=g.uniform(0.4, 0.7),
    )
    buds = draw_buds(g, L, 0.01 + air.usual, count=int(dotted * grown * g.gamma(1.5, 7)))
    walls = thick_bronchi(L, air.area, factor=g.uniform(0.5, 1.1)) if thick else []
    return pack(
        L,
        ground_glass=np.maximum(air.ground_glass, 0.5 * wet * squeezed),
        consolidation=air.consolidation,
        septa=air.septa,
        fluid=wet * fluid,
        under=Painted.of(dots, GROUND_GLASS) + Painted.of(walls, 0),
        over=Painted.of(buds, NODULE),
    )


def _lobar_score(g: np.random.Generator, lungs: LungGrid, order: np.ndarray, *, rooms: int) -> Field:
    """Highest around a place near the pleura of a lobe, and lower by a step in each lobe that is entered later.

    Disease fills its lobe up to the fissures before it enters the next; with `rooms` above 1, several lobes at once.
    """
    L = lungs
    rough = 0.5 * L.noise(g, 9) + 0.4 * L.noise(g, 4.5)
    score = np.full(L.mask.shape, -20.0)
    for turn, lobe in enumerate(order):
        inside = L.lobe == lobe
        free = np.flatnonzero(inside & (L.depth < 12))
        if free.size == 0:
            continue
        x, y, z = L.point(g.choice(free))
        d = np.sqrt((L.x - x) ** 2 + (L.y - y) ** 2 + (0.8 * (L.z - z)) ** 2)
        late = 0.6 * turn if turn < rooms else 12.0 + 2.0 * turn
        score = np.where(inside, 3.0 - d / 24.0 + rough - late, score)
    return score

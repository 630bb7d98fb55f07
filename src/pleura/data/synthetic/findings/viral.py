"""Lungs and a severity in, the findings of other viral pneumonia out: along bronchi, lobular, diffuse or at the rim.

Frequencies after Bai et al. (2020, doi 10.1148/radiol.2020200823), Reittner et al. (2003, doi
10.1007/s00330-002-1490-3) and Koo et al. (2018, doi 10.1148/rg.2018170048); docs/background/synthetic-cohorts.md says
which number comes from where.
"""

import numpy as np

from pleura.data.synthetic.findings.airspace import draw_density, draw_effusion, opacify
from pleura.data.synthetic.findings.airways import draw_buds, draw_centrilobular, thick_bronchi, thick_vessels
from pleura.data.synthetic.findings.amount import draw_amount, draw_consolidated_share
from pleura.data.synthetic.findings.kinds import GROUND_GLASS, NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["ARRANGEMENTS", "draw_viral"]

ARRANGEMENTS = {"diffuse": 0.24, "bronchovascular": 0.27, "lobular": 0.17, "peripheral": 0.32}
"""How often each arrangement is drawn; the peripheral one mimics COVID-19."""
ONE_SIDED = (0.35, 0.20, 0.05)
"""Share of the cases with disease on one side only, by severity."""
CRAZY_PAVING = (0.10, 0.25, 0.35)
"""Share of the cases with crazy paving, by severity."""
NODULES, BUDS, THICK_WALLS, WIDE_VESSELS, EFFUSION = 0.60, 0.25, 0.50, 0.22, 0.20
"""Shares of the cases."""
_GRAIN = {"diffuse": 16.0, "bronchovascular": 8.0, "lobular": 5.5, "peripheral": 8.0}
"""Grain of the outlines, mm."""


def draw_viral(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw ground glass in one of four arrangements, with centrilobular nodules, buds and thick bronchial walls."""
    L = lungs
    paving = g.uniform(0.4, 1.0) if g.random() < CRAZY_PAVING[severity - 1] else 0.15 * g.random()
    share = draw_consolidated_share(g, severity)
    amount = draw_amount(g, severity, stage, consolidated=share, paving=paving, bands=0.0)
    f = amount.drawn
    kind = str(g.choice(list(ARRANGEMENTS), p=list(ARRANGEMENTS.values())))
    hilar, rim = np.exp(-L.bronchi / 9.0), np.exp(-L.wall / 15)
    outward = {
        "peripheral": 2.0 * rim,
        "bronchovascular": 2.4 * hilar - 0.9 * rim,
        "lobular": 0.6 * hilar - 0.6 * rim,
        "diffuse": 0.4 * hilar - 0.5 * rim,
    }
    prior = outward[kind] + g.normal(0, 0.4) * np.sign(L.x)
    prior = prior + g.normal(0.5, 0.5) * (L.back - 0.5) + g.normal(0.2, 0.7) * (0.5 - L.t)
    side, one_sided = g.choice([-1, 1]), g.random() < ONE_SIDED[severity - 1]
    prior = prior - 4.0 * one_sided * (L.x * side < 0)
    shape = 0.8 * L.noise(g, _GRAIN[kind]) + 0.4 * L.noise(g, 4)
    seeds = L.spread(g, int(g.integers(5, 14) + 24 * f), np.exp(2 * prior), 11 + 22 * f)
    score = prior + 0.9 * shape + (0.0 if kind == "diffuse" else 0.75) * np.maximum(seeds, -1.2)
    air = opacify(g, L, amount, score, inner=0.6 * hilar, density=draw_density(g, severity))
    fluid, squeezed = draw_effusion(g, L, int(side), largest=0.6)
    wet = (g.random() < EFFUSION) * (amount.extent > 0.15)
    grown = min(amount.extent, 1.5)
    dotted, budding = g.random() < NODULES, g.random() < BUDS
    dots = draw_centrilobular(
        g,
        L,
        0.03 + air.usual + 0.15 * hilar,
        count=int(dotted * grown * g.gamma(2, 14) * (1.8 if kind == "lobular" else 1.0)),
        radius=g.uniform(2.2, 3.6),
        hu=-300.0,
        softness=g.uniform(0.35, 0.65),
    )
    buds = draw_buds(g, L, 0.02 + air.usual + 0.1 * hilar, count=int(budding * grown * g.gamma(2, 9)))
    walls = thick_bronchi(L, air.area, factor=g.uniform(0.6, 1.3)) if g.random() < THICK_WALLS else []
    vessels = thick_vessels(L, air.area, factor=g.uniform(1.25, 1.6)) if g.random() < WIDE_VESSELS else []
    return pack(
        L,
        ground_glass=np.maximum(air.ground_glass, 0.5 * wet * squeezed),
        consolidation=air.consolidation,
        septa=air.septa,
        fluid=wet * fluid,
        under=Painted.of(dots, GROUND_GLASS) + Painted.of(walls + vessels, 0),
        over=Painted.of(buds, NODULE),
    )

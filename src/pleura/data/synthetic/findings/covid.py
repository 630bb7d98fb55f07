"""Lungs and a severity in, the findings of COVID-19 out: ground glass on both sides, at the rim, back and base.

Frequencies after Bernheim et al. (2020, doi 10.1148/radiol.2020200463), Bai et al. (2020, doi
10.1148/radiol.2020200823), Salehi et al. (2020, doi 10.2214/AJR.20.23034) and Lv et al. (2020, doi
10.21037/atm-20-4955); docs/background/synthetic-cohorts.md says which number comes from where.
"""

import numpy as np

from pleura.data.synthetic.findings.airspace import draw_density, draw_effusion, opacify
from pleura.data.synthetic.findings.airways import draw_centrilobular, thick_vessels
from pleura.data.synthetic.findings.amount import draw_amount, draw_consolidated_share
from pleura.data.synthetic.findings.kinds import GROUND_GLASS, NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_bands
from pleura.data.synthetic.findings.pattern import Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["PLACES", "draw_covid"]

PLACES = {"peripheral": 0.82, "mixed": 0.10, "central": 0.05, "diffuse": 0.03}
"""How often the disease lies where."""
ONE_SIDED = (0.28, 0.16, 0.03)
"""Share of the cases with disease on one side only, by severity."""
CRAZY_PAVING = (0.15, 0.35, 0.50)
"""Share of the cases with crazy paving, by severity."""
WIDE_VESSELS, REVERSED_HALO, BANDS, EFFUSION, NODULES = 0.60, 0.06, 0.20, 0.04, 0.12
"""Shares of the cases."""


def draw_covid(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw patches of ground glass, with crazy paving, consolidation, wide vessels and now and then a reversed halo."""
    L = lungs
    paving = g.uniform(0.4, 1.0) if g.random() < CRAZY_PAVING[severity - 1] else 0.15 * g.random()
    bands = g.uniform(0.3, 1.0) if g.random() < BANDS else 0.0
    share = draw_consolidated_share(g, severity)
    amount = draw_amount(g, severity, stage, consolidated=share, paving=paving, bands=bands)
    f = amount.drawn
    place = str(g.choice(list(PLACES), p=list(PLACES.values())))
    rim = np.exp(-L.wall / (11 + 9 * g.random() + 16 * f))
    hilar = np.exp(-L.bronchi / 9.0)
    outward = {"peripheral": 2.4 * rim, "mixed": 1.0 * rim, "central": 2.0 * hilar - 0.8 * rim, "diffuse": 0.2 * rim}
    prior = outward[place] + g.normal(1.1, 0.45) * (L.back - 0.5) + g.normal(0.8, 0.5) * (0.45 - L.t)
    prior = prior + g.normal(0, 0.25) * np.sign(L.x)
    side, one_sided = g.choice([-1, 1]), g.random() < ONE_SIDED[severity - 1]
    prior = prior - 4.0 * one_sided * (L.x * side < 0)
    seeds = L.spread(g, int(g.integers(4, 12) + 26 * f), np.exp(2.0 * prior), 11 + 24 * f)
    score = 0.95 * np.maximum(seeds, -1.2) + 0.85 * prior + 0.6 * L.noise(g, 9) + 0.35 * L.noise(g, 4)
    inner = 0.8 * rim + 0.3 * (L.back - 0.5)
    air = opacify(g, L, amount, score, inner=inner, density=draw_density(g, severity))
    ground_glass, consolidation = air.ground_glass, air.consolidation
    ring = np.clip((seeds - 0.75) * 3, 0, 1)
    if g.random() < REVERSED_HALO:  # the middle clears and a denser ring stays
        ground_glass = ground_glass * (1 - 0.55 * ring)
        consolidation = consolidation * (1 - ring)
    fluid, squeezed = draw_effusion(g, L, int(side), largest=0.5)
    wet = (g.random() < EFFUSION) * (amount.extent > 0.15)
    wide, dotted = g.random() < WIDE_VESSELS, g.random() < NODULES
    dots = draw_centrilobular(
        g,
        L,
        0.05 + air.usual,
        count=int(dotted * min(amount.extent, 1.5) * g.gamma(2, 15)),
        radius=g.uniform(2.2, 3.6),
        hu=-300.0,
        softness=g.uniform(0.35, 0.65),
    )
    vessels = thick_vessels(L, air.area, factor=g.uniform(1.25, 1.6)) if wide else []
    lines = draw_bands(g, L, air.usual, count=int(3 + 14 * f), shown=amount.bands)
    return pack(
        L,
        ground_glass=np.maximum(ground_glass, 0.5 * wet * squeezed),
        consolidation=consolidation,
        septa=air.septa,
        fluid=wet * fluid,
        under=Painted.of(dots, GROUND_GLASS) + Painted.of(vessels, 0),
        over=Painted.of(lines, NODULE),
    )

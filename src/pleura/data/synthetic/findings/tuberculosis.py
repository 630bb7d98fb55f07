"""Lungs and a severity in, the findings of post-primary tuberculosis out: upper lobes, cavities, tree-in-bud, scars.

Frequencies after Im et al. (1993, doi 10.1148/radiology.186.3.8430169) and a comparison of apical with basal disease
(2013, doi 10.4261/1305-3825.DIR.6025-12.3); docs/background/synthetic-cohorts.md says which number comes from where.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import LUMEN, OVER, VESSEL, ball, stroke
from pleura.data.synthetic.findings.airspace import draw_density, draw_effusion, opacify
from pleura.data.synthetic.findings.airways import draw_buds, thick_bronchi
from pleura.data.synthetic.findings.amount import draw_amount
from pleura.data.synthetic.findings.kinds import NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_specks
from pleura.data.synthetic.findings.pattern import Field, Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["draw_tuberculosis"]

Array = npt.NDArray[np.float64]

CAVITIES = (0.35, 0.60, 0.85)
"""Share of the cases with cavities, by severity."""
OTHER_SIDE = (0.15, 0.45, 0.80)
"""Share of the cases with disease on both sides, by severity."""
SUPERIOR_SEGMENT = 0.20
"""Share of the cases that begin in the superior segment of a lower lobe, not at the apex."""
BUDS, FIBROSIS, GRANULOMAS, EFFUSION = 0.90, 0.55, 0.45, 0.12
"""Shares of the cases."""


def draw_tuberculosis(g: np.random.Generator, lungs: LungGrid, severity: int, stage: Stage | None) -> Findings:
    """Draw patchy consolidation, cavities, tree-in-bud and the traces of older disease."""
    L = lungs
    share = float(g.beta(3.5, 3.0))
    amount = draw_amount(g, severity, stage, consolidated=share, paving=0.15 * g.random(), bands=0.0)
    side = int(g.choice([-1, 1], p=[0.55, 0.45]))
    home = _home(g, L, side)
    prior = 2.6 * home - 1.4 * (0.75 - L.t) - 1.6 * (L.x * side < 0)
    both, other = g.random() < OTHER_SIDE[severity - 1], _home(g, L, -side)
    prior = prior + both * (2.4 * other + 0.8 * (L.x * side < 0))
    seeds = L.spread(g, int(g.integers(4, 9) + 20 * amount.drawn), np.exp(2.2 * prior), 8 + 20 * amount.drawn)
    score = prior + 0.7 * np.maximum(seeds, -1.2) + 0.55 * L.noise(g, 7) + 0.6 * L.noise(g, 4)
    air = opacify(g, L, amount, score, inner=0.8 * score, density=draw_density(g, severity), soft=0.6)
    hollow, number = g.random() < CAVITIES[severity - 1], int(g.integers(1, 2 + severity))
    cavities = _cavities(g, L, score, count=number if hollow else 0, largest=12 + 5 * severity, extent=amount.extent)
    grown = min(amount.extent, 1.5)
    buds = draw_buds(
        g,
        L,
        0.01 + air.usual + 0.5 * np.clip(seeds, 0, 1),
        count=int((g.random() < BUDS) * grown * g.gamma(3, 8 * severity)),
    )
    old = np.clip(home + both * other, 0, 1)
    fibrous, calcified = g.random() < FIBROSIS, g.random() < GRANULOMAS
    scars = _fibrosis(g, L, old, count=int(g.integers(4, 9)))
    specks = draw_specks(g, L, int(g.integers(1, 6)), within=old)
    for speck in specks:
        speck[8] = 480.0  # calcified
    fluid, squeezed = draw_effusion(g, L, side, largest=0.6)
    wet = (g.random() < EFFUSION) * (amount.extent > 0.15)
    walls = thick_bronchi(L, np.maximum(air.area, 0.5 * old * (amount.extent > 0.15)), factor=g.uniform(0.5, 1.2))
    return pack(
        L,
        ground_glass=np.maximum(air.ground_glass, 0.5 * wet * squeezed),
        consolidation=air.consolidation,
        septa=air.septa,
        fluid=wet * fluid,
        under=Painted.of(walls, 0),
        over=Painted.of(buds + (scars if fibrous else []) + (specks if calcified else []) + cavities, NODULE),
    )


def _home(g: np.random.Generator, lungs: LungGrid, side: int) -> Field:
    """1 where disease begins on one side, falling to 0: apical and posterior, or a lower lobe's superior segment."""
    L = lungs
    here = L.x * side > 0
    if g.random() < SUPERIOR_SEGMENT:
        lobe = 3 if side < 0 else 5
        inside, low, front = L.lobe == lobe, 0.30, np.clip((L.back - 0.45) / 0.3, 0, 1)
    else:
        lobe = 1 if side < 0 else 4
        inside, low, front = L.lobe == lobe, 0.50, np.clip((L.back - 0.1) / 0.4, 0.2, 1)
    return np.asarray(here * inside * front * np.clip((L.t - low) / 0.2, 0, 1), np.float64)


def _cavities(
    g: np.random.Generator, lungs: LungGrid, score: Field, *, count: int, largest: float, extent: float
) -> list[Array]:
    """Cavities with thick, uneven walls where the score is highest; rows of 11, walls before the air in them."""
    L = lungs
    rows: list[Array] = []
    h = np.random.default_rng(g.integers(1 << 32))
    size = min(extent, 1.5) ** (1 / 3)
    for _ in range(count if extent > 0.1 else 0):
        radius = h.uniform(7, largest)
        room = L.mask & (L.depth > 0.75 * radius)
        level = np.quantile(score[room], 0.975) if room.any() else np.inf
        free = np.flatnonzero(room & (score >= level))
        if free.size == 0:
            continue
        centre, wall = L.point(h.choice(free)), h.uniform(2.5, 6.5)
        lumps = [(h.normal(0, 0.28 * radius, 3), radius * h.uniform(0.6, 0.85)) for _ in range(8)]
        rows += [ball(centre + size * u, size * r, float(h.normal(35, 8)), OVER) for u, r in lumps]
        rows += [ball(centre + size * u, max(size * (r - wall), 1.5), -960.0, OVER) for u, r in lumps if r > wall + 1]
    return rows


def _fibrosis(g: np.random.Generator, lungs: LungGrid, where: Field, *, count: int) -> list[Array]:
    """Strands from the pleura to the hilum and widened bronchi between them, where a field is high; rows of 11."""
    L = lungs
    free = np.flatnonzero(L.mask & (where > 0.5))
    rows: list[Array] = []
    for _ in range(count if free.size else 0):
        p = L.point(g.choice(free))
        inward = np.array([-np.sign(p[0]) * 0.8, g.normal(0, 0.4), -0.5])
        q = p + inward * g.uniform(10, 30) + g.normal(0, 3, 3)
        m = 0.5 * (p + q) + g.normal(0, 3, 3)
        rows += [stroke(p, 1.3, m, 1.0, 20.0), stroke(m, 1.0, q, 0.6, 20.0)]
        if g.random() < 0.4:  # pulled open by the scar
            r, shift = g.uniform(1.6, 3.2), g.normal(0, 3, 3)
            a, b = p + shift, m + shift
            rows += [np.r_[a, r + 1.0, b, r + 0.8, 10.0, VESSEL, 0.0], np.r_[a, r, b, r * 0.8, -940.0, LUMEN, 0.0]]
    return rows

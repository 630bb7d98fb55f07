"""Lungs and a severity in, one pulmonary nodule or a few out, in otherwise ordinary lungs."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import VESSEL, ball, stroke
from pleura.data.synthetic.findings.kinds import NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage

__all__ = ["DIAMETERS", "draw_nodule", "nodule_rows"]

Array = npt.NDArray[np.float64]

DIAMETERS = ((4.0, 8.0), (8.0, 15.0), (15.0, 30.0))
"""Smallest and largest diameter of the largest nodule by severity, mm."""
DENSITIES = {"solid": 0.70, "part-solid": 0.12, "ground glass": 0.18}
MARGINS = (
    {"smooth": 0.65, "lobulated": 0.25, "spiculated": 0.10},
    {"smooth": 0.35, "lobulated": 0.35, "spiculated": 0.30},
    {"smooth": 0.15, "lobulated": 0.40, "spiculated": 0.45},
)
"""Shares of the cases by severity."""
SOLITARY = 0.7
"""Share of the cases with one nodule only; the others have up to four smaller ones."""


def draw_nodule(g: np.random.Generator, lungs: LungGrid, severity: int, _: Stage | None) -> Findings:
    """Draw the nodules of one case; they lie in the upper lobes more often than their volume would have it."""
    L = lungs
    low, high = DIAMETERS[severity - 1]
    margins = MARGINS[severity - 1]
    sizes = [float(np.exp(g.uniform(np.log(low), np.log(high))))]
    if g.random() > SOLITARY:
        sizes += list(g.uniform(4.0, max(0.7 * sizes[0], 4.5), int(g.integers(1, 5))))
    upper = np.where(np.isin(L.lobe, (1, 4)), 2.0, 1.0)
    rows: list[Array] = []
    for size in sizes:
        weight = np.where(L.mask & (L.depth > 0.5 * size), upper, 0).ravel()
        centre = L.point(g.choice(weight.size, p=weight / weight.sum()))
        density = str(g.choice(list(DENSITIES), p=list(DENSITIES.values())))
        margin = str(g.choice(list(margins), p=list(margins.values())))
        rows += nodule_rows(g, centre, size / 2, density=density, margin=margin)
    return pack(L, over=Painted.of(rows, NODULE))


def nodule_rows(g: np.random.Generator, centre: Array, radius: float, *, density: str, margin: str) -> list[Array]:
    """One nodule as overlapping balls, with spicules where its margin has them; rows of 11.

    Parameters
    ----------
    g : draws the shape
    centre : x, y, z, mm
    radius : mean radius, mm; the nodule keeps within 1.1 times it, spicules within 2.2
    density : "solid", "part-solid" or "ground glass"
    margin : "smooth", "lobulated" or "spiculated"
    """
    solid = 420.0 if margin == "smooth" and density == "solid" and g.random() < 0.12 else float(g.normal(32, 12))
    haze = float(g.normal(-560, 60))
    bumps = {"smooth": 0.14, "lobulated": 0.42, "spiculated": 0.28}[margin]
    offsets = [g.normal(0, 1, 3) for _ in range(9)]
    lumps = [(bumps * radius * u / np.linalg.norm(u), radius * (1.02 - bumps) * g.uniform(0.9, 1.08)) for u in offsets]
    outer = haze if density != "solid" else solid
    rows = [ball(centre + u, r, outer, VESSEL) for u, r in lumps]
    if density == "part-solid":
        shift, core = g.normal(0, 0.15 * radius, 3), g.uniform(0.35, 0.65)
        rows += [ball(centre + shift + core * u, core * r, solid, VESSEL) for u, r in lumps]
    if margin == "spiculated":
        for _ in range(int(g.integers(8, 20))):
            u = g.normal(0, 1, 3)
            u /= np.linalg.norm(u)
            reach = g.uniform(1.3, 2.2) * radius
            rows.append(stroke(centre + 0.7 * radius * u, 0.16 * radius**0.7 + 0.2, centre + reach * u, 0.25, solid))
    return rows

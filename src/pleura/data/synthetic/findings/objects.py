"""Lungs in, small painted objects out that are no pneumonia or its traces: specks, scars, granulomas, bands."""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.capsules import VESSEL, ball, stroke
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.pattern import Field

__all__ = ["draw_bands", "draw_plates", "draw_scars", "draw_specks"]

Array = npt.NDArray[np.float64]


def draw_specks(g: np.random.Generator, lungs: LungGrid, count: int, *, within: Field | None = None) -> list[Array]:
    """Nodules under 4 mm across, one in four a calcified granuloma; rows of 11.

    Parameters
    ----------
    within : where they may lie, above 0.5; anywhere in the lungs unless given
    """
    room = lungs.mask & (lungs.depth > 3)
    if within is not None:
        room = room & (within > 0.5)
    free = np.flatnonzero(room)
    rows = []
    for _ in range(count if free.size else 0):
        hu = 450.0 if g.random() < 0.25 else float(g.normal(25, 20))
        rows.append(ball(lungs.point(g.choice(free)), float(g.uniform(1.1, 1.95)), hu, VESSEL))
    return rows


def draw_scars(g: np.random.Generator, lungs: LungGrid, count: int) -> list[Array]:
    """Old scars: short dense lines from the pleura inwards, at the apex and the base; rows of 11."""
    rows = []
    free = np.flatnonzero(lungs.mask & (lungs.depth < 10) & ((lungs.t > 0.75) | (lungs.t < 0.35)))
    for _ in range(count):
        p = lungs.point(g.choice(free))
        u = np.array([-np.sign(p[0]), g.normal(0, 0.6), g.normal(0, 0.4)])
        for _ in range(int(g.integers(1, 4))):
            q = p + u * g.uniform(8, 30) + g.normal(0, 5, 3)
            m = 0.5 * (p + q) + g.normal(0, 3, 3)
            rows += [stroke(p, 1.0, m, 0.8, 20.0), stroke(m, 0.8, q, 0.5, 20.0)]
    return rows


def draw_plates(g: np.random.Generator, lungs: LungGrid, count: int) -> list[Array]:
    """Platelike atelectasis: flat, nearly horizontal bands above the diaphragm; rows of 11."""
    rows = []
    free = np.flatnonzero(lungs.mask & (lungs.depth > 12) & (lungs.t < 0.3))
    for _ in range(count if free.size else 0):
        c = lungs.point(g.choice(free))
        u = np.array([g.normal(), g.normal(0, 0.6), g.normal(0, 0.12)])
        u *= g.uniform(8, 22) / np.linalg.norm(u)
        across = np.array([-u[1], u[0], 0.0]) / np.hypot(u[0], u[1])
        for offset in np.arange(-4, 4.1, 2.0):
            m = c + offset * across + g.normal(0, 0.5, 3)
            rows.append(stroke(m - u * g.uniform(0.7, 1), 0.8, m + u * g.uniform(0.7, 1), 0.8, -60.0))
    return rows


def draw_bands(g: np.random.Generator, lungs: LungGrid, where: Field, *, count: int, shown: float) -> list[Array]:
    """Bands that run along the pleura at a few mm of depth, where a field is high; rows of 11.

    Parameters
    ----------
    where : the disease's usual place
    count : how many there could be
    shown : how many of them show, 0 to 1; the others are drawn and left out
    """
    L = lungs
    free = np.flatnonzero(L.mask & (where > 0.4) & (L.wall > 3) & (L.wall < 16))
    if free.size == 0:
        return []
    bands: list[list[Array]] = []
    for start in g.choice(free, count):
        depth, turn = g.uniform(5, 12), g.choice([-1.0, 1.0])
        p, band = L.point(start), []
        for step in range(int(g.integers(5, 12))):
            k, j, i = L.index(p)
            if not 0 < i < L.mask.shape[2] - 1 or not 0 < j < L.mask.shape[1] - 1 or not L.mask[k, j, i]:
                break
            slope = np.array([L.wall[k, j, i + 1] - L.wall[k, j, i - 1], L.wall[k, j + 1, i] - L.wall[k, j - 1, i]])
            slope = slope / (np.linalg.norm(slope) + 1e-6)
            ahead = turn * np.array([-slope[1], slope[0]]) + 0.12 * (depth - L.wall[k, j, i]) * slope
            q = p + np.r_[4.0 * ahead / (np.linalg.norm(ahead) + 1e-6), g.normal(0, 0.7)]
            if step > 0:
                band.append(stroke(p, g.uniform(0.8, 1.3), q, g.uniform(0.8, 1.3), -40.0))
            p = q
        bands.append(band)
    return [row for band in bands[: round(count * shown)] for row in band]

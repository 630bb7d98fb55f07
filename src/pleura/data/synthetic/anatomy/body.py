"""A seed in, one patient's whole anatomy out: fields, trees and the list of capsules to paint.

Frame: x grows to the patient's left, y to the back, z to the head, mm. z = 0 is the lowest recess of the lungs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from pleura.data.synthetic.anatomy.capsules import (
    FASCIA,
    LUMEN,
    MUSCLE,
    OVER,
    VESSEL,
    axes_of,
    frame_along,
    spline,
    tinted,
)
from pleura.data.synthetic.anatomy.implants import Implants, draw_implants
from pleura.data.synthetic.anatomy.mediastinum import HEART_HEIGHT, Mediastinum, Placer, placer
from pleura.data.synthetic.anatomy.muscles import draw_muscles
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.regions import COARSE_STEP, coarse_fields, lobes_at
from pleura.data.synthetic.anatomy.shape import CURVE_BOTTOM, CURVE_STEP, Shape, draw_curves
from pleura.data.synthetic.anatomy.shoulder import Shoulder
from pleura.data.synthetic.anatomy.skeleton import draw_skeleton
from pleura.data.synthetic.anatomy.surface import Wall
from pleura.data.synthetic.anatomy.trees import grow
from pleura.data.synthetic.streams import stream

__all__ = ["BLOOD_HU", "MUSCLE_UPTAKE", "Anatomy", "LungTrees", "draw_anatomy"]

Array = npt.NDArray[np.float64]

BLOOD_HU = 42.0
"""Blood without contrast agent, HU."""
MUSCLE_UPTAKE = 0.03
"""HU that muscle gains for each that contrast agent adds to the blood."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LungTrees:
    """Vessels and airways inside the lungs, as capsules."""

    arteries: Array
    """(n, 9): a capsule and the number of ends it serves."""
    veins: Array
    """(n, 9)."""
    airways: Array
    """(n, 9): lumens that are wide enough to be seen."""
    stems: Array
    """(n, 8): from the hilum to the trees of the lobes."""
    tips: Array
    """(n, 3): ends of arteries, the centres of lung lobules."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Anatomy:
    """One patient, all derived from the seed."""

    seed: int
    patient: Patient
    shape: Shape
    origin: Array
    """x, y, z of the first point of the coarse fields, mm."""
    fields: npt.NDArray[np.float32]
    """Signed distances to skin, inner rib cage, mediastinum, heart; (4, z, y, x), 6 mm grid, mm."""
    mediastinum: Mediastinum
    trees: LungTrees
    implants: Implants
    bones: Array
    """Shoulders and collar bones, capsules (n, 8)."""
    muscles: tuple[Array, ...]
    """One array of capsules (n, 8) a muscle, from deep to superficial."""

    def lobes_at(self, points: Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        """Lobe (0 outside the lungs) and depth below the pleura, mm, of points (n, 3)."""
        return lobes_at(points, self.fields, self.origin, self.shape)

    def _flesh(self, contrast: float) -> list[Array]:
        """Muscles, each wrapped in a sheet of fat, in bundles that differ a little; rows of (n, 11)."""
        g = stream(self.seed, "flesh")
        rows = []
        for muscle in self.muscles:
            bundles = tinted(muscle, self.shape.organs[5] + MUSCLE_UPTAKE * contrast, MUSCLE)
            bundles[:, 8] += g.normal(0, 7, len(bundles))
            bundles[:, 10] = g.uniform(0.0, 0.10 + 0.003 * self.patient.age, len(bundles))  # fat between its fibres
            rows += [tinted(muscle, -80.0, FASCIA, thicker=1.0 + 0.04 * self.patient.fat), bundles]
        return rows

    def capsules(self, contrast: float = 0.0) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Give everything painted over the samples, in order, and whether it lies in the rib cage; (n, 11), (n,).

        Parameters
        ----------
        contrast : HU that contrast agent adds to the blood
        """
        m, trees = self.mediastinum, self.trees
        blood = BLOOD_HU + contrast
        wall = np.clip(0.16 * trees.airways[:, [3, 7]] + 0.35, 0.5, 1.3)
        shell = trees.airways.copy()
        shell[:, [3, 7]] += wall
        marrow = self.bones[self.bones[:, [3, 7]].min(1) > 3.4]
        flesh, bones = self._flesh(contrast), [tinted(self.bones, 900.0, OVER)]  # cortex first, marrow inside it
        bones.append(tinted(marrow, 210.0 * self.patient.bone, OVER, thicker=-1.9))
        soft = [
            tinted(trees.veins, blood * 0.95, VESSEL),
            tinted(trees.arteries, blood * 0.95, VESSEL),
            tinted(trees.stems, blood, VESSEL),
            tinted(m.lung_veins, blood, OVER),
            tinted(m.veins, blood * 0.98, OVER),
            tinted(m.pulmonary, blood * 1.03, OVER),
            tinted(m.aorta, blood, OVER),
            tinted(m.necks, blood, OVER),
            tinted(m.gullet, 34.0, OVER),
            tinted(m.nodes, 38.0, OVER),
        ]
        air = [
            tinted(shell, 0.0, VESSEL),
            *(tinted(a, 30.0, OVER, thicker=1.4) for a in m.airways),
            tinted(trees.airways, -985.0, LUMEN),
            *(tinted(a, -992.0, LUMEN) for a in m.airways),
        ]
        metal = self.implants
        parts = [(flesh, False), (soft, True), (bones, False), (air, True)]
        parts += [([metal.walls], False), ([metal.inside], True)]
        rows = np.vstack([row for part, _ in parts for row in part])
        inside = np.concatenate([np.full(len(row), where) for part, where in parts for row in part])
        return np.ascontiguousarray(rows), inside


def draw_anatomy(seed: int, patient: Patient | None = None) -> Anatomy:
    """Draw one patient's anatomy; the patient too, unless given."""
    p = patient or Patient.draw(seed)
    g = stream(seed, "shape")
    H, w, d = p.height, p.width, p.depth
    curves = draw_curves(p, g)
    heights: Array = CURVE_BOTTOM + CURVE_STEP * np.arange(len(curves["spine"]), dtype=np.float64)
    noise = gaussian_filter(g.standard_normal((64, 64, 64)).astype(np.float32), 0.7, mode="wrap")
    at = placer(p, heights, curves["spine"])
    rise = g.normal(0, 0.012)
    right_top = g.normal(80, 9)
    left_top = right_top - g.normal(11, 5)
    mediastinum = Mediastinum.draw(p, at, g, rise)
    fs = g.normal(0, 6, 6)
    fissure = np.array(
        [
            [0.345 * H + fs[0], 0.92 + 0.008 * fs[1], 0.06, g.normal(0.004, 0.003)],
            [0.53 * H + fs[2], 0.10, 0.10, 0.0],
            [0.36 * H + fs[3], 0.95 + 0.008 * fs[4], -0.06, g.normal(0.004, 0.003)],
        ]
    )
    breast = np.zeros((0, 12))
    if p.sex == "F":
        radii = np.array([62, 26 + 0.5 * p.fat, 58]) * g.normal(1, 0.1)
        y = np.interp(0.42 * H, heights, curves["skin_front"]) + 16
        breast = np.array(
            [axes_of(np.array([s * 82 * w, y, 0.42 * H]), radii, frame_along([s, 0.45, 0.0])) for s in (-1, 1)]
        )
    shape = Shape(
        z0=CURVE_BOTTOM,
        H=H,
        wide=w,
        deep=d,
        **curves,
        ripple=np.stack([g.normal(0, [2.0, 1.4, 1.0, 0.7]), g.uniform(0, 6.28, 4)], 1),
        dome=np.array([-64 * w, -8 * d, right_top, 62 * w, -4 * d, left_top]),
        fissure=fissure,
        heart=mediastinum.heart,
        breast=breast,
        bulk=np.zeros((0, 8)),
        tubes=mediastinum.pushers,
        rib=np.array([H / 10.6, g.uniform(0, 1), g.normal(98, 8), 3.9, 6.6 if p.sex == "M" else 5.9]),
        organs=np.array(
            [g.normal(42, 10), g.normal(0, 6), g.uniform(0, 1), g.normal(53, 7), g.normal(12, 10), _muscle_hu(p)]
        ),
        fat=p.fat,
        noise=(noise / noise.std()).astype(np.float32),
        material=np.array([p.parenchyma, p.gravity, p.emphysema, BLOOD_HU, p.bone, p.dependent]),
    )
    k = 1.0 if p.sex == "M" else 0.86
    shape = shape._replace(bulk=np.vstack([Shoulder.place(s, p, shape).bulk(Wall(shape), k) for s in (-1, 1)]))
    xs = np.arange(-253, 254, COARSE_STEP)
    ys = np.arange(-190, 191, COARSE_STEP)
    zs = np.arange(-60, H + 85, COARSE_STEP)
    origin = np.array([xs[0], ys[0], zs[0]])
    fields = coarse_fields(xs, ys, zs, shape)
    return Anatomy(
        seed=seed,
        patient=p,
        shape=shape,
        origin=origin,
        fields=fields,
        mediastinum=mediastinum,
        implants=draw_implants(seed, p, shape, fields, origin, at),
        trees=_draw_trees(seed, p, shape, fields, origin, at, mediastinum.carina),
        bones=draw_skeleton(seed, p, shape),
        muscles=draw_muscles(seed, p, shape),
    )


def _muscle_hu(p: Patient) -> float:
    """Muscle without contrast agent; fat comes between its fibres with the years."""
    return float(np.clip(51.0 - 0.25 * (p.age - 45.0), 30.0, 62.0))


def _draw_trees(
    seed: int,
    p: Patient,
    shape: Shape,
    fields: npt.NDArray[np.float32],
    origin: Array,
    at: Placer,
    carina: float,
) -> LungTrees:
    """Grow arteries with bronchi beside them, and veins, into each lobe."""
    g = stream(seed, "trees")
    c, ht = carina, HEART_HEIGHT + 0.01
    bronchi = {
        1: at(-31, -32, c - 0.08),
        2: at(-39, -33, c - 0.18),
        3: at(-39, -25, c - 0.20),
        4: at(40, -31, c - 0.125),
        5: at(42, -25, c - 0.15),
    }
    drains = {
        1: at(-44, -58, ht + 0.15),
        2: at(-44, -58, ht + 0.13),
        3: at(-44, -31, ht + 0.07),
        4: at(47, -54, ht + 0.17),
        5: at(45, -27, ht + 0.08),
    }

    def ends(count: int) -> tuple[Array, npt.NDArray[np.uint8]]:
        """Random points in the lungs, a little below the pleura, and their lobes."""
        w, d = p.width, p.depth
        pts = g.uniform([-135 * w, -115 * d, -5], [135 * w, 115 * d, shape.H], (count, 3))
        lobe, depth = lobes_at(pts, fields, origin, shape)
        keep = (lobe > 0) & (depth > 2.0)
        return pts[keep], lobe[keep]

    arteries: dict[int, Array] = {}
    airways, veins, tips = [], [], []
    artery_ends, artery_lobe = ends(11500)
    vein_ends, vein_lobe = ends(9500)
    for lobe, root in bronchi.items():
        pts = artery_ends[artery_lobe == lobe]
        if len(pts) < 8:
            continue
        ahead = pts.mean(0) - root
        ahead /= np.linalg.norm(ahead)
        tree = grow(pts, root, ahead, 0.42, 1 / 2.6, 0.04, int(g.integers(1 << 31)))
        beside = np.cross(ahead, [0.2, 0.9, 0.3])
        beside /= np.linalg.norm(beside)
        if beside[2] < 0:
            beside = -beside
        artery = tree.copy()
        for a, r in ((0, 3), (4, 7)):  # the artery runs beside the bronchus
            artery[:, a : a + 3] += beside * (2.1 * tree[:, r] * np.clip((tree[:, r] - 0.5) / 1.0, 0, 1))[:, None]
        arteries[lobe] = artery
        tips.append(artery[artery[:, 8] == 1][1::2, 4:7])
        airway = tree.copy()
        airway[:, [3, 7]] = 0.82 * tree[:, [3, 7]]
        airways.append(airway[airway[:, 7] > 0.85])
        pts = vein_ends[vein_lobe == lobe]
        if len(pts) < 8:
            continue
        ahead = pts.mean(0) - drains[lobe]
        ahead /= np.linalg.norm(ahead)
        veins.append(grow(pts, drains[lobe], ahead, 0.40, 1 / 2.65, 0.04, int(g.integers(1 << 31))))
    stems = []
    for lobe, artery in arteries.items():
        hilum = at(-40, -40, c - 0.07) if lobe < 4 else at(45, -28, c - 0.045)
        q = artery[0]
        middle = 0.5 * (hilum + q[:3]) + [0, 3, 0]
        stems.append(spline([np.r_[hilum, 7.5], np.r_[middle, 6.5], np.r_[q[:3], max(q[3], 4.5)]], 4))
    return LungTrees(
        arteries=np.vstack(list(arteries.values())),
        veins=np.vstack(veins),
        airways=np.vstack(airways),
        stems=np.vstack(stems),
        tips=np.vstack(tips),
    )

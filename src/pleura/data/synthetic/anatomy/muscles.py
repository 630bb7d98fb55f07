"""A patient's chest wall in, its named muscles out, as fans of capsules from origin to insertion, arms raised."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.shape import Shape
from pleura.data.synthetic.anatomy.shoulder import Shoulder
from pleura.data.synthetic.anatomy.surface import RIB_SURFACE, Wall
from pleura.data.synthetic.streams import stream

__all__ = ["draw_muscles"]

Array = npt.NDArray[np.float64]


def draw_muscles(seed: int, patient: Patient, shape: Shape) -> tuple[Array, ...]:
    """Draw the muscles of chest, shoulders and neck, from deep to superficial; capsules (n, 8) each."""
    g = stream(seed, "muscles")
    wall = Wall(shape)
    strength = (1.22 if patient.sex == "M" else 0.92) * float(np.clip(1.12 - 0.004 * (patient.age - 40), 0.8, 1.15))
    strength *= float(np.clip(g.normal(1, 0.12), 0.8, 1.25))
    parts: list[Array] = []
    for side in (-1, 1):
        shoulder = Shoulder.place(side, patient, shape)
        parts += _neck(wall, side, strength, patient)
        parts += _side(g, wall, side, strength, shoulder)
        parts += _blade(g, side, strength, shoulder)
        parts += _front(g, wall, side, strength, shoulder)
        parts += _back(g, wall, side, strength, shoulder, patient)
    return tuple(parts)


def _fan(g: np.random.Generator, stations: Sequence[Array], radii: Sequence[float], pieces: int = 4) -> Array:
    """Run fibres through stations (n, 3 each), with a radius at each station; they are a little uneven."""
    points = np.stack(stations, 1)  # (fibre, station, 3)
    points = points + g.normal(0, 0.7, points.shape)
    thick = np.asarray(radii)[None] * g.uniform(0.86, 1.10, (len(points), 1))
    knots = np.concatenate([points, np.broadcast_to(thick[..., None], (*points.shape[:2], 1))], -1)
    last = knots.shape[1] - 1
    s = np.linspace(0, last, pieces * last + 1)
    i = np.minimum(s.astype(int), last - 1)
    w = (s - i)[None, :, None]
    before, after = knots[:, np.maximum(i - 1, 0)], knots[:, np.minimum(i + 2, last)]
    p, q = knots[:, i], knots[:, i + 1]
    curve = 0.5 * (2 * p + (q - before) * w + (2 * before - 5 * p + 4 * q - after) * w**2)
    curve = curve + 0.5 * (3 * p - before - 3 * q + after) * w**3  # Catmull and Rom's spline
    curve[..., 3] = np.maximum(curve[..., 3], 0.8)
    return np.concatenate([curve[:, :-1], curve[:, 1:]], -1).reshape(-1, 8)


def _even(low: float, high: float, count: int) -> Array:
    return np.linspace(low, high, count)


def _rows(point: Array, count: int) -> Array:
    return np.broadcast_to(point, (count, 3)).copy()


def _front(g: np.random.Generator, wall: Wall, side: int, k: float, shoulder: Shoulder) -> list[Array]:
    """Greater and lesser pectoral, straight muscle of the belly."""
    n = 26
    thick = 5.6 * k
    t = np.r_[_even(0.33, 0.80, n - 8), _even(0.83, 0.90, 8)]
    turn = np.r_[np.full(n - 8, 0.965), _even(0.95, 0.82, 8)]
    out = RIB_SURFACE + 2.5 + thick
    insertion = shoulder.joint + np.array([side * 6.0, -30.0, 26.0])
    ends = _rows(insertion, n) + np.stack([np.zeros(n), _even(6, -4, n), _even(14, -10, n)], -1)
    middle = wall.at(side, 0.79 - 0.02 * (t - 0.5), 0.30 + 0.66 * t, out + 2.0)
    fold = 0.45 * wall.at(side, 0.68, 0.46 + 0.50 * t, out + 12.0) + 0.55 * (0.5 * middle + 0.5 * ends)
    fold[:, 1] -= 6.0
    major = _fan(
        g,
        [wall.at(side, turn, t, out - 0.3 * thick), middle, fold, ends],
        [0.6 * thick, thick, 1.4 * thick, 1.2 * thick],
    )
    m = 9
    ribs = wall.at(side, 0.72, _even(0.45, 0.66, m), RIB_SURFACE + 3.0)
    coracoid = _rows(shoulder.coracoid, m)
    half = wall.at(side, 0.69, _even(0.66, 0.78, m), RIB_SURFACE + 6.0)
    minor = _fan(g, [ribs, half, coracoid], [2.4 * k, 5.0 * k, 3.0])
    b = 6
    x = _even(0.965, 0.87, b)
    belly = [wall.at(side, x, tt, RIB_SURFACE + 2.5) for tt in (-0.3, -0.05, 0.14, 0.22)]
    return [minor, major, _fan(g, belly, [4.6 * k, 4.8 * k, 3.4 * k, 1.5])]


def _side(g: np.random.Generator, wall: Wall, side: int, k: float, shoulder: Shoulder) -> list[Array]:
    """Serratus, broad muscle of the back, outer oblique."""
    n = 22
    t = _even(0.20, 0.72, n)
    depth = RIB_SURFACE + 3.2 * k
    serratus = _fan(
        g,
        [
            wall.at(side, 0.64 - 0.05 * t, t, depth - 2.0),
            wall.at(side, 0.52, t + 0.05, depth),
            wall.at(side, 0.36, t + 0.12, depth + 1.0),
        ],
        [2.2 * k, 3.9 * k, 3.4 * k],
    )
    n = 22
    t = _even(-0.32, 0.50, n)
    arm = shoulder.joint + np.array([side * 2.0, -22.0, 10.0])
    lateral = wall.at(side, 0.325 + 0.03 * _even(1, 0, n), 0.38 + 0.26 * _even(0, 1, n), RIB_SURFACE + 13.0 * k)
    fold = _rows(0.55 * wall.at(side, 0.36, 0.72, RIB_SURFACE + 24.0) + 0.45 * arm, n)
    fold += np.stack([np.zeros(n), _even(-7, 7, n), np.zeros(n)], -1)
    broad = _fan(
        g,
        [
            wall.at(side, 0.10, t, RIB_SURFACE + 7.0 * k),
            wall.at(side, 0.24 + 0.05 * _even(1, 0, n), t + 0.16, RIB_SURFACE + 8.5 * k),
            lateral,
            fold,
            _rows(arm, n),
        ],
        [1.9 * k, 3.4 * k, 4.8 * k, 6.2 * k, 3.0],
    )
    n = 46
    turn = _even(0.40, 0.85, n)
    high = 0.30 - 0.20 * np.clip((turn - 0.62) / 0.2, 0, 1)
    oblique = [wall.at(side, turn + 0.03 * q, high * q - 0.32 * (1 - q), RIB_SURFACE + 3.0 * k) for q in (0, 0.5, 1)]
    return [serratus, broad, _fan(g, oblique, [3.8 * k, 3.8 * k, 1.6])]


def _blade(g: np.random.Generator, side: int, k: float, shoulder: Shoulder) -> list[Array]:
    """Draw what lies before and behind the shoulder blade, and around the joint."""
    n = 15
    u = _even(0.04, 0.95, n)
    inner, outer = shoulder.border(u)
    front = shoulder.joint + np.array([-side * 4.0, -15.0, 0.0])
    rear = shoulder.joint + np.array([side * 6.0, 14.0, 4.0])
    ahead = np.array([0.0, -8.0 * k, 0.0])
    under = _fan(
        g, [inner + 0.5 * ahead, 0.5 * (inner + outer) + ahead, 0.3 * outer + 0.7 * front], [3.0 * k, 7.0 * k, 6.5 * k]
    )
    v = _even(0.30, 0.98, n)
    inner, outer = shoulder.border(v)
    behind = np.array([0.0, 8.5 * k, 0.0])
    below = _fan(
        g,
        [inner + 0.6 * behind, 0.5 * (inner + outer) + behind, 0.35 * outer + 0.65 * rear + 0.4 * behind],
        [3.0 * k, 7.2 * k, 6.5 * k],
    )
    w = _even(0.0, 0.18, 4)
    inner, _ = shoulder.border(w)
    above = _fan(
        g,
        [inner, 0.5 * (inner + shoulder.joint) + [0, 4, 4], _rows(shoulder.joint + np.array([0.0, 2.0, 20.0]), 4)],
        [5.0 * k, 9.0 * k, 5.0],
    )
    low = shoulder.border(np.array([0.80, 0.90, 1.0]))[1]
    arm = shoulder.joint + np.array([side * 8.0, -14.0, 22.0])
    round_ = _fan(
        g,
        [low + np.array([side * 4.0, 4.0, 0.0]), 0.55 * low + 0.45 * arm + [side * 14.0, 0, 0], _rows(arm, 3)],
        [6 * k, 12 * k, 6.0],
    )
    around = _even(-1.9, 2.1, 26)
    ring = np.stack([side * np.cos(around), np.sin(around), np.zeros(26)], -1)
    head = shoulder.head
    top = head + ring * 22 + np.array([0, 0, -26.0])
    deltoid = _fan(
        g, [top, head + ring * (29 + 2.5 * k), head + ring * 24 + [side * 18, -8, 60]], [3.0 * k, 6.0 * k, 6.0 * k]
    )
    return [under, below, above, round_, deltoid]


def _back(g: np.random.Generator, wall: Wall, side: int, k: float, shoulder: Shoulder, patient: Patient) -> list[Array]:
    """Extensors of the spine, trapezius, rhomboids."""
    t = np.array([-0.32, -0.1, 0.15, 0.4, 0.65, 0.85, 1.0, 1.2, 1.34])
    spine = wall.curve("spine", t)
    skin = wall.curve("skin_back", t) - 0.8 * patient.fat
    parts = []
    for x, r, back in ((11.0, 8.5, 33.0), (23.0, 10.0, 34.0), (34.0, 9.5, 33.0), (44.0, 7.0, 29.0)):
        size = r * (0.80 + 0.2 * k) * np.interp(t, [-0.3, 0.3, 0.8, 1.3], [1.12, 1.0, 0.72, 0.62])
        y = np.minimum(spine + back * patient.depth + 4.0, skin - size - 5.0)
        lane = np.stack(
            [side * x * patient.width * np.interp(t, [0, 1], [1, 0.84]), y, t * wall.at(side, 0, 1, 0)[2]], -1
        )
        lanes = [
            lane + np.stack([0 * t + side * a * size, b * size, 0 * t], -1)
            for a, b in ((-0.3, -0.5), (0.3, -0.5), (-0.3, 0.4), (0.3, 0.4))
        ]
        parts.append(np.vstack([_fan(g, [row[None] for row in one], list(0.62 * size), 3) for one in lanes]))
    n = 30
    high = _even(0.42, 1.30, n)
    edge = wall.curve("skin_back", high) - 0.7 * patient.fat - 4.0
    middle = np.stack([np.full(n, side * 4.0), edge + 3.0, high * wall.at(side, 0, 1, 0)[2]], -1)
    root, tip = shoulder.spine_root, shoulder.acromion
    q = np.clip((high - 0.42) / 0.80, 0, 1)[:, None]
    far = root + (tip - root) * q**0.8
    half = 0.5 * (middle + far)
    half[:, 1] = np.maximum(half[:, 1], np.interp(half[:, 2], middle[:, 2], edge) - 3.0)
    bulk = 4.0 * k
    trapezius = _fan(g, [middle, half, far + np.array([0, 4.0, 0])], [0.6 * bulk, bulk, 0.8 * bulk])
    n = 14
    inner, _ = shoulder.border(_even(0.25, 0.95, n))
    start = np.stack([np.full(n, side * 9.0), 0 * inner[:, 0], inner[:, 2] + 0.13 * wall.at(side, 0, 1, 0)[2]], -1)
    start[:, 1] = wall.curve("skin_back", start[:, 2] / wall.at(side, 0, 1, 0)[2]) - 0.8 * patient.fat - 11.0
    rhomboid = _fan(g, [start, 0.5 * (start + inner) + [0, 2.5, 0], inner], [2.2 * k, 3.8 * k, 2.5 * k])
    return [*parts, trapezius, rhomboid]


def _neck(wall: Wall, side: int, k: float, patient: Patient) -> list[Array]:
    """Muscles at the sides of the neck, before the spine and behind it."""
    H = float(wall.at(side, 0, 1, 0)[2])
    w = patient.width
    spine = wall.curve("spine", [0.85, 1.0, 1.15, 1.35])
    front = float(wall.curve("front", 0.9))

    def lane(points: Sequence[tuple[float, float, float]], radii: Sequence[float]) -> Array:
        g = np.random.default_rng(0)
        return _fan(g, [np.array([[side * x * w, y, t * H]]) for x, y, t in points], radii, 4)

    return [
        lane([(18, front - 4, 0.92), (34, front + 12, 1.08), (48, spine[2] - 22, 1.35)], [5 * k, 8 * k, 9 * k]),
        lane([(12, front + 6, 0.95), (9, front + 12, 1.1), (8, spine[3] - 44, 1.35)], [3.5 * k, 4 * k, 4 * k]),
        lane([(56, spine[1] - 26, 0.97), (34, spine[2] - 8, 1.14), (28, spine[3] - 4, 1.35)], [7 * k, 9 * k, 8 * k]),
        lane([(62, spine[1] - 4, 1.0), (42, spine[2] + 6, 1.16), (34, spine[3] + 8, 1.35)], [6 * k, 8 * k, 8 * k]),
        lane([(9, spine[0] - 17, 0.9), (10, spine[2] - 15, 1.15), (9, spine[3] - 15, 1.35)], [3 * k, 5 * k, 5 * k]),
        lane([(60, spine[1] + 34, 0.98), (40, spine[2] + 30, 1.14), (26, spine[3] + 30, 1.35)], [6 * k, 8 * k, 9 * k]),
    ]

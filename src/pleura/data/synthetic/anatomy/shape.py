"""A patient in, the outlines of cage, spine and skin over the height of the chest out."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from pleura.data.synthetic.anatomy.patient import Patient

__all__ = ["CURVE_BOTTOM", "CURVE_STEP", "Shape", "draw_curves"]

Array = npt.NDArray[np.float64]

CURVE_BOTTOM = -110.0
"""Height at which the tables begin, mm."""
CURVE_STEP = 2.0
"""Distance between the values of a table, mm."""

# knots over t = z / H; average man, mm
_HEIGHTS = np.array([-0.30, -0.10, 0.0, 0.20, 0.40, 0.60, 0.75, 0.87, 1.0, 1.15, 1.35])
_KNOTS = {
    "half": [122, 126, 129, 132, 129, 121, 110, 97, 84, 78, 75],  # inner cage, half width
    "front": [-76, -88, -94, -101, -102, -94, -78, -56, -32, -20, -12],  # inner cage, front
    "back": [70, 80, 85, 92, 96, 94, 86, 74, 58, 44, 34],  # inner cage, back
    "spine": [36, 47, 53, 61, 65, 63, 56, 46, 32, 14, -4],  # centre of the vertebral bodies
    "skin_half": [146, 149, 150, 152, 153, 152, 150, 148, 142, 118, 76],
    "skin_front": [-92, -104, -109, -116, -117, -112, -104, -92, -76, -58, -46],
    "skin_back": [96, 105, 110, 118, 124, 126, 124, 118, 108, 95, 84],
}


class Shape(NamedTuple):
    """What the compiled code needs to know of one patient; lengths in mm, tables every 2 mm from z0.

    Frame: x grows to the patient's left, y to the back, z to the head; z = 0 is the lowest recess of the lungs and
    z = H their apex; t = z / H.
    """

    z0: float
    H: float
    wide: float
    deep: float
    half: Array
    front: Array
    back: Array
    spine: Array
    skin_half: Array
    skin_front: Array
    skin_back: Array
    ripple: Array
    """Harmonics of the skin outline: amplitude, phase; (4, 2)."""
    dome: Array
    """Diaphragm: right x, y, top; left x, y, top; (6,)."""
    fissure: Array
    """A fissure a row, right oblique, right horizontal, left oblique: offset, slope, tilt, bend; (3, 4)."""
    heart: Array
    """Ellipsoids: centre, rows of the inverse axes; (4, 12). The first is the left ventricle's side."""
    breast: Array
    """Ellipsoids; (0 or 2, 12)."""
    bulk: Array
    """Capsules of what bulges under the skin at the shoulders, fat not counted; (n, 8)."""
    tubes: Array
    """Capsules of the mediastinum that push the lung away; (n, 8)."""
    rib: Array
    """Pitch, phase, drop, thickness, height of the ribs; (5,)."""
    organs: Array
    """Liver edge, its shift, fluid level in the stomach 0 to 1, liver HU, height of the spleen, muscle HU; (6,)."""
    fat: float
    noise: npt.NDArray[np.float32]
    """Periodic tile, unit variance; (64, 64, 64)."""
    material: Array
    """Parenchyma HU, gravity HU, emphysema, blood HU, bone, dependent atelectasis; (6,)."""


def draw_curves(patient: Patient, g: np.random.Generator) -> dict[str, Array]:
    """Outlines of the inner rib cage, the spine and the skin, one value every 2 mm, mm."""
    heights = np.arange(CURVE_BOTTOM, 1.35 * patient.height + 60, CURVE_STEP)
    curves = {}
    kyphosis = g.normal(0, 4) + 0.12 * max(patient.age - 55, 0)
    for name, average in _KNOTS.items():
        knots = np.array(average, float) + g.normal(0, 1.2, len(average))
        knots *= patient.width if "half" in name else patient.depth
        if name.startswith("skin"):
            sign = -1 if "front" in name else 1
            knots += sign * (0.75 if "half" in name else 0.55) * (patient.fat - 12) + sign * g.normal(0, 2)
        if "half" not in name:
            bend = 0.3 if "front" in name else 1.0
            knots += kyphosis * np.exp(-(((_HEIGHTS - 0.55) / 0.35) ** 2)) * bend
        t = np.clip(heights / patient.height, _HEIGHTS[0], _HEIGHTS[-1])
        curves[name] = np.ascontiguousarray(PchipInterpolator(_HEIGHTS, knots)(t))
    return curves

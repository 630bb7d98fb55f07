"""Named surfaces in, what a web page needs to draw them out: a small description and one packed block of numbers."""

import base64
import json
from collections.abc import Sequence

import numpy as np

from pleura.export.meshes.study_surfaces import NamedSurface

__all__ = ["scene_json"]

_STEPS = 65535
_MOST_VERTICES = 65536


def scene_json(surfaces: Sequence[NamedSurface]) -> str:
    """Pack surfaces for the page's viewer.

    Coordinates are rounded to 1/65535 of the longest side of the box around all surfaces, some hundredths of a
    millimetre, and stand as uint16 after one another: positions (vertices, 3), then corners (triangles, 3), for each
    surface in turn.

    Parameters
    ----------
    surfaces : at least one, each of at most 65,536 vertices

    Returns
    -------
    JSON: `origin` (L, P, S in mm), `step` (mm), `surfaces` (name, label, colour, solid, vertices, faces), and `block`,
    the numbers as little-endian uint16 in base64.

    Raises
    ------
    ValueError
        If there is no surface, or one has too many vertices.
    """
    if not surfaces or max(len(one.surface.vertices) for one in surfaces) > _MOST_VERTICES:
        sizes = [len(one.surface.vertices) for one in surfaces]
        raise ValueError(f"need surfaces of at most {_MOST_VERTICES} vertices each, got {sizes}")
    low = np.min([one.surface.vertices.min(axis=0) for one in surfaces], axis=0).astype(np.float64)
    high = np.max([one.surface.vertices.max(axis=0) for one in surfaces], axis=0).astype(np.float64)
    step = float((high - low).max()) / _STEPS or 1.0
    parts = []
    for one in surfaces:
        parts.append(np.rint((one.surface.vertices - low) / step).astype("<u2").tobytes())
        parts.append(one.surface.faces.astype("<u2").tobytes())
    return json.dumps(
        {
            "origin": low.tolist(),
            "step": step,
            "size": (high - low).tolist(),
            "surfaces": [
                {
                    "name": one.name,
                    "label": one.label,
                    "colour": list(one.colour),
                    "solid": one.solid,
                    "vertices": len(one.surface.vertices),
                    "faces": len(one.surface.faces),
                }
                for one in surfaces
            ],
            "block": base64.b64encode(b"".join(parts)).decode("ascii"),
        },
        separators=(",", ":"),
    )

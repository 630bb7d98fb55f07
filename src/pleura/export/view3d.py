"""A study's surfaces in, its view in three dimensions for a page out: the packed scene, the script, a still picture."""

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from PIL import Image

from pleura.export.meshes.picture import GLASS, LIGHT, VIEWS, draw_surfaces
from pleura.export.meshes.scene import scene_json
from pleura.export.meshes.study_surfaces import NamedSurface

__all__ = ["View3d", "make_view"]

_STILL_VIEWS = ("front", "right", "left")
_STILL_SIDE = 380
"""Pixels, high and wide, of each view of the still picture."""


@dataclass(frozen=True)
class View3d:
    """All that the page needs."""

    scene: str
    """JSON, see `pleura.export.meshes.scene`."""
    light: str
    """JSON: direction of the light."""
    glass: str
    """JSON: how the lungs are seen through."""
    surfaces: tuple[NamedSurface, ...]
    script: str
    """The viewer, JavaScript; nothing of the study stands in it."""
    script_hash: str
    """For the page's Content-Security-Policy, so that no other script runs."""
    still: bytes
    """PNG: from the front, from the patient's right, from the left; for paper and where there is no script."""


def make_view(surfaces: Sequence[NamedSurface]) -> View3d | None:
    """Prepare the view; None where there is no surface.

    Parameters
    ----------
    surfaces : as `study_surfaces` gives them
    """
    if not surfaces:
        return None
    script = resources.files("pleura.export").joinpath("viewer.js").read_text(encoding="utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    return View3d(
        scene=scene_json(surfaces),
        light=json.dumps(LIGHT.tolist()),
        glass=json.dumps(GLASS),
        surfaces=tuple(surfaces),
        script=script,
        script_hash="sha256-" + base64.b64encode(digest).decode("ascii"),
        still=_still(surfaces),
    )


def _still(surfaces: Sequence[NamedSurface]) -> bytes:
    """Draw the surfaces from three sides, beside one another, on the same scale."""
    low = np.min([one.surface.vertices.min(axis=0) for one in surfaces], axis=0).astype(np.float64)
    high = np.max([one.surface.vertices.max(axis=0) for one in surfaces], axis=0).astype(np.float64)
    side = _STILL_SIDE
    views = [
        draw_surfaces(
            surfaces,
            VIEWS[name],
            size=(side, side),
            mm_per_pixel=float((high - low).max()) * 1.06 / side,
            centre=(low + high) / 2,
        )
        for name in _STILL_VIEWS
    ]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(views, axis=1)).save(buffer, format="PNG")
    return buffer.getvalue()

"""Lung and lesion masks in, the surfaces of both with their names and colours out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.export.lesion_kinds import CONSOLIDATION, FLUID, GROUND_GLASS, KIND_COLOURS, KIND_LABELS, OTHER
from pleura.export.meshes.extract import SurfaceSettings, extract_surface
from pleura.export.meshes.surface import Surface

__all__ = ["NamedSurface", "study_surfaces"]

_LUNGS = {1: ("right-lung", "right lung", (132, 146, 160)), 2: ("left-lung", "left lung", (164, 150, 150))}
_KIND_NAMES = {GROUND_GLASS: "ground-glass", CONSOLIDATION: "consolidation", OTHER: "other-finding", FLUID: "fluid"}


@dataclass(frozen=True, eq=False)
class NamedSurface:
    """A surface and how it is shown."""

    name: str
    """For programs: lower case, with hyphens."""
    label: str
    """For readers."""
    colour: tuple[int, int, int]
    """Red, green, blue, 0 to 255."""
    solid: bool
    """Lesions are; lungs are seen through."""
    surface: Surface


def study_surfaces(
    lungs: npt.NDArray[np.uint8],
    kinds: npt.NDArray[np.uint8] | None,
    affine: npt.NDArray[np.float64],
    settings: SurfaceSettings | None = None,
) -> tuple[NamedSurface, ...]:
    """Give the surfaces of what there is; none for what is not there or is too small to be seen.

    Parameters
    ----------
    lungs : (z, y, x), 0 outside, 1 right, 2 left
    kinds : (z, y, x), 0 none, else as in `pleura.export.lesion_kinds`; None where no lesions were looked for
    affine : 4 x 4, (k, j, i, 1) to LPS mm
    settings : how fine each surface is
    """
    found = [
        NamedSurface(name, label, colour, False, extract_surface(lungs == value, affine, settings))
        for value, (name, label, colour) in _LUNGS.items()
    ]
    if kinds is not None:
        found += [
            NamedSurface(
                name, KIND_LABELS[kind], KIND_COLOURS[kind], True, extract_surface(kinds == kind, affine, settings)
            )
            for kind, name in _KIND_NAMES.items()
        ]
    return _seen(found)


def _seen(found: Sequence[NamedSurface]) -> tuple[NamedSurface, ...]:
    return tuple(one for one in found if len(one.surface.faces))

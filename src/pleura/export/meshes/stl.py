"""Surfaces in, one binary STL file out: triangles in the patient's millimetres (L, P, S)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pleura.export.meshes.surface import Surface
from pleura.whole_file import whole_file

__all__ = ["write_stl"]

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER = "SPACE=LPS; UNIT=mm; "
"""The format knows neither axes nor units. 3D Slicer reads and writes SPACE in the header."""


def write_stl(path: Path, surfaces: Sequence[Surface], *, description: str = "") -> None:
    """Write surfaces as one binary STL; a file of that name is replaced only when the new one is whole.

    Parameters
    ----------
    path : ends in .stl
    surfaces : written one after the other; the format has no names for them
    description : kept in the header as far as its 80 bytes go; ASCII

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    count = sum(len(surface.faces) for surface in surfaces)
    triangles = np.zeros(count, _TRIANGLE)
    start = 0
    for surface in surfaces:
        corners = surface.vertices[surface.faces]  # (triangles, corner, axis)
        part = triangles[start : start + len(corners)]
        part["corners"] = corners
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(across, axis=1, keepdims=True)
        part["normal"] = across / np.where(length > 0, length, 1)
        start += len(corners)
    header = (_HEADER + description).encode("ascii", "replace")[:80].ljust(80, b" ")
    with whole_file(path) as made, made.open("wb") as file:
        file.write(header + np.uint32(count).astype("<u4").tobytes())
        file.write(triangles.tobytes())

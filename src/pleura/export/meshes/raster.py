"""A surface and a viewing direction in, depth and normal at each pixel out: triangles filled into a depth buffer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.export.meshes.surface import Surface, vertex_normals

__all__ = ["Layer", "fill_triangles"]

_AT_ONCE = 2_000_000
"""Samples worked on together; bounds the memory."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What is nearest to the viewer, at each pixel."""

    depth: npt.NDArray[np.float64]
    """(high, wide), mm towards the viewer; minus infinity where nothing is."""
    normals: npt.NDArray[np.float64]
    """(high, wide, 3), unit normals along the screen's x, y, z; 0 where nothing is."""


def fill_triangles(
    surface: Surface,
    axes: npt.NDArray[np.float64],
    *,
    size: tuple[int, int],
    mm_per_pixel: float,
    centre: npt.NDArray[np.float64],
) -> Layer:
    """Find what of a closed surface is seen, without perspective.

    Parameters
    ----------
    surface : only triangles that face the viewer are filled
    axes : 3 x 3, rows are the screen's x (right), y (up), z (to the viewer) in L, P, S
    size : pixels (high, wide)
    mm_per_pixel : scale
    centre : L, P, S in mm of the picture's middle
    """
    high, wide = size
    seen = (surface.vertices - centre) @ axes.T
    normals = vertex_normals(surface) @ axes.T
    column = seen[:, 0] / mm_per_pixel + (wide - 1) / 2
    row = (high - 1) / 2 - seen[:, 1] / mm_per_pixel
    x, y = column[surface.faces], row[surface.faces]  # (triangles, corner)
    doubled = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    first_x, first_y = np.ceil(x.min(axis=1)).astype(int), np.ceil(y.min(axis=1)).astype(int)
    spans = np.maximum(np.floor(x.max(axis=1)).astype(int) - first_x, np.floor(y.max(axis=1)).astype(int) - first_y)
    facing = np.flatnonzero((doubled < 0) & (spans >= 0))  # rows run down: what is counter-clockwise turns negative
    layer = Layer(depth=np.full(size, -np.inf), normals=np.zeros((*size, 3)))
    side = 1
    while len(facing):
        small = spans[facing] < side
        group, facing = facing[small], facing[~small]
        for part in np.array_split(group, max(1, -(-len(group) * side * side // _AT_ONCE))):
            _fill(layer, surface.faces[part], x[part], y[part], first_x[part], first_y[part], side, seen[:, 2], normals)
        side *= 2
    length = np.linalg.norm(layer.normals, axis=2, keepdims=True)
    layer.normals[:] = np.divide(layer.normals, length, out=np.zeros_like(layer.normals), where=length > 0)
    return layer


def _fill(
    layer: Layer,
    faces: npt.NDArray[np.int32],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    first_x: npt.NDArray[np.int_],
    first_y: npt.NDArray[np.int_],
    side: int,
    depth: npt.NDArray[np.float64],
    normals: npt.NDArray[np.float64],
) -> None:
    """Fill triangles that fit into squares of `side` pixels from their first pixel."""
    high, wide = layer.depth.shape
    columns = first_x[:, None] + np.tile(np.arange(side), side)  # (triangles, samples)
    rows = first_y[:, None] + np.repeat(np.arange(side), side)
    (ax, bx, cx), (ay, by, cy) = x.T[:, :, None], y.T[:, :, None]
    whole = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    second = ((columns - ax) * (cy - ay) - (cx - ax) * (rows - ay)) / whole
    third = ((bx - ax) * (rows - ay) - (columns - ax) * (by - ay)) / whole
    first = 1.0 - second - third
    inside = (first >= 0) & (second >= 0) & (third >= 0) & (columns >= 0) & (columns < wide) & (rows >= 0)
    which, sample = np.nonzero(inside & (rows < high))
    weights = np.stack([share[which, sample] for share in (first, second, third)], axis=1)  # (samples, corner)
    corners = faces[which]
    z = np.einsum("sc,sc->s", weights, depth[corners])
    order = np.argsort(z, kind="stable")  # of several values for one pixel the last one stays: the nearest
    z, at = z[order], (rows[which, sample][order], columns[which, sample][order])
    nearer = z >= layer.depth[at]
    at = (at[0][nearer], at[1][nearer])
    layer.depth[at] = z[nearer]
    layer.normals[at] = np.einsum("sc,scn->sn", weights[order][nearer], normals[corners[order][nearer]])

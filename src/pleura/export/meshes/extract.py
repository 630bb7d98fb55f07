"""A mask on a study's grid in, its surface in the patient out: pooled, marching cubes, smoothed, thinned out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from fast_simplification import simplify
from skimage.measure import marching_cubes

from pleura.export.meshes.pooled import pool_mask
from pleura.export.meshes.smoothing import smooth_vertices
from pleura.export.meshes.surface import Surface, restore_volume

__all__ = ["SurfaceSettings", "extract_surface"]

_LEVEL = 0.5005
"""Half a cell; a little more, so that no cell lies on it exactly and no triangle loses its area."""


@dataclass(frozen=True)
class SurfaceSettings:
    """How fine a surface is."""

    cell_mm: float = 2.0
    """Edge of the cells that the mask is averaged over."""
    smoothing_rounds: int = 10
    most_faces: int = 8_000
    """Triangles are taken away, the flattest places first, until there are no more than these."""

    def __post_init__(self) -> None:
        if self.cell_mm <= 0 or self.smoothing_rounds < 0 or self.most_faces < 100:
            raise ValueError(f"need cells larger than 0 mm, 0 or more rounds and 100 or more faces, got {self}")


def extract_surface(
    mask: npt.NDArray[np.bool_], affine: npt.NDArray[np.float64], settings: SurfaceSettings | None = None
) -> Surface:
    """Give the surface of a mask; closed, also where the mask ends with the grid; without faces for an empty mask.

    What is smaller than about half a cell is not seen.

    Parameters
    ----------
    mask : (z, y, x), true inside
    affine : 4 x 4, (k, j, i, 1) to LPS mm; it may be anisotropic and sheared
    settings : how fine; the defaults by default
    """
    chosen = settings or SurfaceSettings()
    empty = Surface(vertices=np.zeros((0, 3), np.float32), faces=np.zeros((0, 3), np.int32))
    box = _box(mask)
    if box is None:
        return empty
    pooled = pool_mask(mask[box], affine, cell_mm=chosen.cell_mm, offset=(box[0].start, box[1].start, box[2].start))
    if pooled.shares.max() <= _LEVEL:
        return empty
    corners, triangles, _, _ = marching_cubes(pooled.shares, _LEVEL)  # type: ignore[no-untyped-call]
    vertices = corners @ pooled.affine[:3, :3].T + pooled.affine[:3, 3]
    faces = np.ascontiguousarray(triangles, dtype=np.int32)
    vertices = smooth_vertices(vertices, faces, rounds=chosen.smoothing_rounds)
    if len(faces) > chosen.most_faces:
        vertices, kept = simplify(vertices, faces, target_count=chosen.most_faces)
        faces = np.ascontiguousarray(kept, dtype=np.int32)
    rough = Surface(vertices=np.asarray(vertices, dtype=np.float32), faces=faces)
    if rough.volume_ml < 0:  # the index axes are left-handed in the patient
        rough = Surface(vertices=rough.vertices, faces=np.ascontiguousarray(faces[:, ::-1]))
    cell = np.linalg.norm(pooled.affine[:3, :3], axis=0)
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000.0
    return restore_volume(rough, float(np.count_nonzero(mask[box])) * voxel_ml, farthest_mm=float(cell.min()) / 2)


def _box(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice, slice] | None:
    """Find the box around a mask, along z, y, x; None where it is empty."""
    seen = np.flatnonzero(mask.any(axis=(1, 2)))
    if not len(seen):
        return None
    plane = np.asarray(mask[seen[0] : seen[-1] + 1].any(axis=0))
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return (
        slice(int(seen[0]), int(seen[-1]) + 1),
        slice(int(rows[0]), int(rows[-1]) + 1),
        slice(int(columns[0]), int(columns[-1]) + 1),
    )

"""Vertices and triangles in, a Surface out: a closed surface in the patient, with its volume, area and normals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Surface", "open_edges", "restore_volume", "vertex_normals"]


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles in DICOM's patient axes, whose normals by the right-hand rule point outward."""

    vertices: npt.NDArray[np.float32]
    """(vertices, 3): L, P, S in mm."""
    faces: npt.NDArray[np.int32]
    """(triangles, 3): indices of vertices."""

    @property
    def volume_ml(self) -> float:
        """What the surface encloses, millilitres, by the divergence theorem; negative if it is inside out."""
        if not len(self.faces):
            return 0.0
        centred = (self.vertices - self.vertices.mean(axis=0)).astype(np.float64)
        a, b, c = (centred[self.faces[:, corner]] for corner in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6000.0

    @property
    def area_cm2(self) -> float:
        """Square centimetres."""
        return float(np.linalg.norm(_face_vectors(self), axis=1).sum()) / 200.0


def vertex_normals(surface: Surface) -> npt.NDArray[np.float32]:
    """Outward unit normals, (vertices, 3): the mean of the triangles around, each by its area."""
    spread = np.repeat(_face_vectors(surface), 3, axis=0)
    corners = surface.faces.ravel()
    count = len(surface.vertices)
    summed = np.stack([np.bincount(corners, weights=spread[:, axis], minlength=count) for axis in range(3)], axis=1)
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return (summed / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def restore_volume(surface: Surface, volume_ml: float, *, farthest_mm: float) -> Surface:
    """Move a surface in or out, everywhere by the same distance, until it encloses a volume.

    Parameters
    ----------
    surface : closed
    volume_ml : what it shall enclose
    farthest_mm : it is not moved by more; a surface that would have to be keeps a part of its error
    """
    moved, travelled = surface, 0.0
    for _ in range(3):  # the area changes little on the way: each round leaves about a tenth of the error
        if moved.area_cm2 <= 0:
            break
        wanted = travelled + 10.0 * (volume_ml - moved.volume_ml) / moved.area_cm2
        travelled_next = float(np.clip(wanted, -farthest_mm, farthest_mm))
        step = travelled_next - travelled
        moved = Surface(vertices=moved.vertices + np.float32(step) * vertex_normals(moved), faces=moved.faces)
        travelled = travelled_next
    return moved


def open_edges(faces: npt.NDArray[np.int32]) -> int:
    """Count the directed edges that have no partner in the other direction; 0 where a surface is closed.

    Examples
    --------
    >>> tetrahedron = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
    >>> open_edges(tetrahedron), open_edges(tetrahedron[:3])
    (0, 3)
    """
    if not len(faces):
        return 0
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    base = int(edges.max()) + 1
    forward, forward_count = np.unique(edges[:, 0] * base + edges[:, 1], return_counts=True)
    back, back_count = np.unique(edges[:, 1] * base + edges[:, 0], return_counts=True)
    shared, at_forward, at_back = np.intersect1d(forward, back, assume_unique=True, return_indices=True)
    matched = np.minimum(forward_count[at_forward], back_count[at_back])
    return int(len(edges) - matched.sum()) if len(shared) else len(edges)


def _face_vectors(surface: Surface) -> npt.NDArray[np.float64]:
    """Outward normal of each triangle, twice its area long, mm2."""
    a, b, c = (surface.vertices[surface.faces[:, corner]].astype(np.float64) for corner in range(3))
    return np.cross(b - a, c - a)

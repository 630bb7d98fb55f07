"""A surface with steps in, the same surface without them out, neither shrunk nor grown: Taubin's filter.

Each vertex moves towards the mean of its neighbours, then a little farther back. Steps of the grid are waves much
shorter than the shape, and die out; waves longer than the pass band stay. Moving towards the mean alone would shrink
the shape.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["smooth_vertices"]

FORWARD = 0.5
"""Share of the way to the mean of the neighbours."""
PASS_BAND = 0.1
"""Spatial frequency that passes unchanged: eigenvalue of the graph's Laplacian, 0 to 2."""


def smooth_vertices(
    vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int32], *, rounds: int
) -> npt.NDArray[np.float64]:
    """Smooth the vertices of a closed surface.

    Parameters
    ----------
    vertices : (vertices, 3)
    faces : (triangles, 3), indices of vertices
    rounds : how often the two moves are made

    References
    ----------
    Taubin (1995), Curve and surface smoothing without shrinkage, ICCV, 852-857.
    """
    back = 1.0 / (PASS_BAND - 1.0 / FORWARD)
    count = len(vertices)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    neighbours = sparse.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    means = sparse.diags_array(1.0 / np.maximum(np.asarray(neighbours.sum(axis=1)).ravel(), 1.0)) @ neighbours
    moved = np.array(vertices, dtype=np.float64)
    for _ in range(rounds):
        for share in (FORWARD, back):
            moved += share * (means @ moved - moved)
    return moved

"""Voxels and their affine in, one hash out: the same images give the same hash in any packing."""

import hashlib

import numpy as np
import numpy.typing as npt

__all__ = ["fingerprint"]


def fingerprint(hu: npt.NDArray[np.int16], affine: npt.NDArray[np.float64]) -> str:
    """SHA-256, in hexadecimal, over the shape, the voxels and the affine.

    Parameters
    ----------
    hu : int16, axes (z, y, x), contiguous
    affine : 4 x 4, in mm; counts to 0.001 mm, so that a format that keeps it in single precision changes nothing
    """
    digest = hashlib.sha256(repr(hu.shape).encode())
    digest.update(hu.astype("<i2", copy=False).reshape(-1).view(np.uint8).data)
    digest.update((np.round(affine, 3) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()

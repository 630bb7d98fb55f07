"""Volumes and masks whose measures are known beforehand."""

import numpy as np

from pleura.imaging.volume import Source, Volume

__all__ = ["INFO", "affine_of", "box_lungs", "inside_ball", "volume_of"]

from pleura.diagnosis.report import ModelInfo

INFO = ModelInfo(
    name="small",
    id="ab" * 32,
    architecture="deeplabv3plus-densenet121",
    licence="Apache-2.0",
    synthetic_training_data=True,
    training_data="none",
    performance="not measured",
)


def affine_of(
    spacing: tuple[float, float, float], *, tilt: float = 0.0, turn: float = 0.0, shear: float = 0.0
) -> np.ndarray:
    """An affine (k, j, i) to LPS: tilted about the axis to the left, turned about the body's, sheared; degrees."""
    a, b = np.deg2rad([tilt, turn])
    about_left = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_body = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    axes = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    axes[1, 0] += np.tan(np.deg2rad(shear))
    affine = np.eye(4)
    affine[:3, :3] = about_body @ about_left @ axes @ np.diag(spacing)
    affine[:3, 3] = (-120.0, -90.0, 1000.0)
    return affine


def volume_of(hu: np.ndarray, affine: np.ndarray) -> Volume:
    """A volume of these HU."""
    return Volume(hu=hu.astype(np.int16), affine=affine, source=Source(format="synthetic", sha256="0" * 64))


def box_lungs(shape: tuple[int, int, int]) -> np.ndarray:
    """Two boxes with a gap between them, a voxel from the image's edges."""
    lungs = np.zeros(shape, np.uint8)
    half = shape[2] // 2
    lungs[1:-1, 1:-1, 1 : half - 1], lungs[1:-1, 1:-1, half + 1 : -1] = 1, 2
    return lungs


def inside_ball(shape: tuple[int, int, int], affine: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Where a voxel's centre lies in a ball, mm in LPS."""
    indices = np.stack([*np.indices(shape), np.ones(shape)], axis=-1)
    return np.linalg.norm((indices @ affine.T)[..., :3] - centre, axis=-1) < radius

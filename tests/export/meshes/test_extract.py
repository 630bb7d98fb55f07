"""Surfaces of masks: closed, outward, in the right place, with the mask's volume and a smooth body's area."""

import numpy as np
import numpy.typing as npt
import pytest

from export.meshes.shapes import ellipsoid, grid
from pleura.export.meshes.extract import SurfaceSettings, extract_surface
from pleura.export.meshes.surface import Surface, open_edges, vertex_normals

RADII = (22.0, 30.0, 38.0)


def _area_cm2(radii: tuple[float, float, float]) -> float:
    """Of an ellipsoid, by summing small patches."""
    a, b, c = radii
    theta, phi = np.meshgrid(
        (np.arange(600) + 0.5) * np.pi / 600, (np.arange(600) + 0.5) * 2 * np.pi / 600, indexing="ij"
    )
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    patch = np.sin(theta) * np.sqrt((b * c * x) ** 2 + (a * c * y) ** 2 + (a * b * z) ** 2)
    return float(patch.sum() * (np.pi / 600) * (2 * np.pi / 600)) / 100


def _ml(mask: npt.NDArray[np.bool_], affine: npt.NDArray[np.float64]) -> float:
    return float(mask.sum() * abs(np.linalg.det(affine[:3, :3]))) / 1000


@pytest.mark.parametrize(
    ("spacing", "shear", "shape"),
    [
        ((1.0, 0.7, 0.7), 0.0, (90, 100, 80)),
        ((5.0, 0.8, 0.8), 0.0, (20, 90, 70)),
        ((2.5, 1.5, 1.5), 0.3, (36, 70, 36)),
    ],
)
def test_an_ellipsoid_keeps_place_volume_and_area(
    spacing: tuple[float, float, float], shear: float, shape: tuple[int, int, int]
) -> None:
    affine = grid(spacing, shear=shear)
    mask = ellipsoid(shape, affine, RADII)
    surface = extract_surface(mask, affine, SurfaceSettings(most_faces=3000))
    assert open_edges(surface.faces) == 0
    assert len(surface.faces) <= 3000
    assert surface.volume_ml == pytest.approx(_ml(mask, affine), rel=1e-3)
    assert surface.volume_ml == pytest.approx(4 / 3 * np.pi * np.prod(RADII) / 1000, rel=0.01)
    assert surface.area_cm2 == pytest.approx(_area_cm2(RADII), rel=0.03)
    centre = affine[:3, :3] @ ((np.array(shape) - 1) / 2) + affine[:3, 3]
    scaled = np.linalg.norm((surface.vertices - centre) / RADII, axis=1)
    assert np.abs(scaled - 1).max() * min(RADII) < 0.6 * max(spacing)  # in mm, at most
    outward = ((surface.vertices - centre) / np.square(RADII) * vertex_normals(surface)).sum(axis=1)
    assert (outward > 0).all()


def test_a_box_keeps_its_volume_and_its_edges_are_rounded_by_a_cell() -> None:
    affine = grid((1.0, 1.0, 1.0))
    mask = np.zeros((60, 70, 80), np.bool_)
    mask[10:50, 10:60, 10:70] = True
    surface = extract_surface(mask, affine)
    assert surface.volume_ml == pytest.approx(120.0, rel=1e-3)
    rounded = (2 - np.pi / 2) * 2.0 * 600 / 100  # what 600 mm of edges lose when they are rounded by a cell of 2 mm
    assert 148.0 - rounded < surface.area_cm2 < 148.0
    low, high = surface.vertices.min(axis=0), surface.vertices.max(axis=0)
    assert low == pytest.approx(affine[:3, 3] + 9.5, abs=1.0)
    assert high == pytest.approx(affine[:3, 3] + [69.5, 59.5, 49.5], abs=1.0)


def test_a_mask_that_ends_with_the_grid_is_closed_there() -> None:
    affine = grid((3.0, 2.0, 2.0))
    surface = extract_surface(np.ones((10, 12, 14), np.bool_), affine)
    assert open_edges(surface.faces) == 0
    assert surface.volume_ml == pytest.approx(30 * 24 * 28 / 1000, rel=0.02)


def test_many_small_bodies_together_keep_their_volume(rng: np.random.Generator) -> None:
    affine = grid((5.0, 0.7, 0.7))
    mask = np.zeros((30, 200, 200), np.bool_)
    for z, y, x in zip(rng.integers(2, 26, 40), rng.integers(5, 180, 40), rng.integers(5, 180, 40), strict=True):
        mask[z : z + 2, y : y + 12, x : x + 12] = True
    surface = extract_surface(mask, affine)
    assert open_edges(surface.faces) == 0
    assert surface.volume_ml == pytest.approx(_ml(mask, affine), rel=0.02)


def test_smoothing_takes_steps_away_and_not_the_shape() -> None:
    affine = grid((5.0, 0.8, 0.8))
    mask = ellipsoid((20, 90, 70), affine, RADII)
    rough = extract_surface(mask, affine, SurfaceSettings(smoothing_rounds=0, most_faces=10**5))
    smooth = extract_surface(mask, affine, SurfaceSettings(smoothing_rounds=10, most_faces=10**5))
    assert _roughness(smooth) < 0.6 * _roughness(rough)
    assert np.ptp(smooth.vertices, axis=0) == pytest.approx(np.ptp(rough.vertices, axis=0), rel=0.03)


def _roughness(surface: Surface) -> float:
    """Mean angle between normals of vertices that an edge joins, radians."""
    normals = vertex_normals(surface)
    cosines = (normals[surface.faces[:, 0]] * normals[surface.faces[:, 1]]).sum(axis=1)
    return float(np.arccos(np.clip(cosines, -1, 1)).mean())


def test_no_mask_no_surface() -> None:
    affine = grid((1.0, 1.0, 1.0))
    mask = np.zeros((9, 9, 9), np.bool_)
    assert len(extract_surface(mask, affine).faces) == 0
    mask[4, 4, 4] = True  # one voxel of eight in a cell: not seen
    surface = extract_surface(mask, affine)
    assert len(surface.faces) == 0
    assert surface.volume_ml == 0.0


@pytest.mark.parametrize("wrong", [{"cell_mm": 0.0}, {"smoothing_rounds": -1}, {"most_faces": 10}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got SurfaceSettings"):
        SurfaceSettings(**wrong)  # type: ignore[arg-type]

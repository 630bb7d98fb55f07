"""Pictures of surfaces: what is where, what hides what, right and left not swapped."""

import numpy as np
import numpy.typing as npt
import pytest

from export.meshes.shapes import ellipsoid, grid
from pleura.export.meshes.extract import extract_surface
from pleura.export.meshes.picture import VIEWS, draw_surfaces, view_axes
from pleura.export.meshes.raster import fill_triangles
from pleura.export.meshes.study_surfaces import NamedSurface
from pleura.export.meshes.surface import Surface

AFFINE = grid((2.0, 2.0, 2.0))
SHAPE = (50, 50, 50)
MIDDLE = AFFINE[:3, :3] @ np.full(3, 24.5) + AFFINE[:3, 3]


def _ball(shift: tuple[float, float, float], radius: float) -> Surface:
    """A ball whose centre lies so many mm to the left, to the back and to the head of the middle."""
    ball = extract_surface(ellipsoid(SHAPE, AFFINE, (radius, radius, radius)), AFFINE)
    return Surface(vertices=ball.vertices + np.float32(shift), faces=ball.faces)


def _centre(image: npt.NDArray[np.uint8], strongest: int) -> tuple[float, float]:
    """Mean (row, column) of the pixels in which one channel leads the others."""
    others = np.delete(image.astype(int), strongest, axis=2).max(axis=2)
    rows, columns = np.nonzero(image[:, :, strongest] > others + 40)
    return float(rows.mean()), float(columns.mean())


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        # where the patient's left, back and head are: columns to the right, rows down, of the middle
        ("front", {"left": (0, 1), "head": (-1, 0)}),
        ("back", {"left": (0, -1), "head": (-1, 0)}),
        ("right", {"back": (0, -1), "head": (-1, 0)}),
        ("left", {"back": (0, 1), "head": (-1, 0)}),
        ("head", {"left": (0, 1), "back": (-1, 0)}),
        ("feet", {"left": (0, 1), "back": (1, 0)}),
    ],
)
def test_each_side_of_the_patient_is_where_a_radiologist_expects_it(
    view: str, expected: dict[str, tuple[int, int]]
) -> None:
    towards = {"left": (30.0, 0.0, 0.0), "back": (0.0, 30.0, 0.0), "head": (0.0, 0.0, 30.0)}
    for side, (down, right) in expected.items():
        ball = NamedSurface("ball", "ball", (255, 0, 0), True, _ball(towards[side], 8.0))
        image = draw_surfaces([ball], VIEWS[view], size=(101, 101), mm_per_pixel=1.0, centre=MIDDLE)
        assert _centre(image, 0) == pytest.approx((50 + 30 * down, 50 + 30 * right), abs=0.6)


@pytest.mark.parametrize("view", VIEWS.values())
def test_views_are_turns_and_never_mirrored(view: tuple[float, float]) -> None:
    axes = view_axes(view)
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_a_balls_depth_and_normals_are_a_balls() -> None:
    layer = fill_triangles(_ball((0, 0, 0), 30.0), view_axes((0, 0)), size=(81, 81), mm_per_pixel=1.0, centre=MIDDLE)
    y, x = 40 - np.mgrid[:81, :81][0], np.mgrid[:81, :81][1] - 40
    inside = x**2 + y**2 < 28**2
    height = np.sqrt(np.where(inside, 30.0**2 - x**2 - y**2, 0))
    assert np.abs(layer.depth - height)[inside].max() < 1.5
    assert np.isneginf(layer.depth[x**2 + y**2 > 32**2]).all()
    assert (layer.depth[x**2 + y**2 < 28**2] > 0).all()  # no holes between triangles
    direction = np.stack([x, y, height], axis=2) / 30
    near = x**2 + y**2 < 20**2
    assert (layer.normals * direction).sum(axis=2)[near].mean() > 0.98


def test_what_is_nearer_hides_what_is_behind_and_lungs_are_seen_through() -> None:
    near = NamedSurface("near", "near", (0, 0, 255), True, _ball((0, -30, 0), 8.0))
    far = NamedSurface("far", "far", (255, 0, 0), True, _ball((0, 30, 0), 12.0))
    glass = NamedSurface("lung", "lung", (120, 120, 120), False, _ball((0, 0, 0), 20.0))

    def look(name: str, *surfaces: NamedSurface) -> npt.NDArray[np.uint8]:
        return draw_surfaces(surfaces, VIEWS[name], size=(101, 101), mm_per_pixel=1.0, centre=MIDDLE)

    front, back = look("front", near, far), look("back", near, far)
    assert front[50, 50].argmax() == 2
    assert front[50, 60].argmax() == 0  # beside the small one the large one shows
    assert back[50, 50].argmax() == 0
    clear, covered = look("front", far), look("front", far, glass)
    assert covered[50, 50].argmax() == 0
    assert (covered[50, 50] != clear[50, 50]).any()
    assert (covered[50, 66] < 255).all()  # glass alone, over white
    assert (covered[2, 2] == 255).all()

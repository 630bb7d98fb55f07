"""Positions worked out by hand: what order, grid and problems they must give."""

import numpy as np
import pytest

from pleura.imaging.dicom.geometry import arrange, orientation_name
from pleura.imaging.dicom.planes import Plane
from pleura.imaging.fitness_rules import FitnessRules

RULES = FitnessRules()
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def plane(
    position: tuple[float, ...], orientation: tuple[float, ...] = AXIAL, spacing: tuple[float, ...] = (0.7, 0.8)
) -> Plane:
    return Plane(
        position=position,
        orientation=orientation,
        spacing=spacing,
        thickness=2.0,
        kernel="",
        image_type=(),
        slope=1.0,
        intercept=0.0,
        rescale_type="",
        padding=None,
    )


def at(*heights: float) -> list[Plane]:
    return [plane((-10.0, -20.0, z)) for z in heights]


def test_order_follows_position_from_feet_to_head() -> None:
    grid, problems = arrange(at(6, 0, 2, 8, 4), RULES)
    assert problems == []
    assert grid is not None
    assert grid.order == (1, 2, 4, 0, 3)
    assert grid.spacing == pytest.approx(2.0)
    assert grid.coverage == pytest.approx(10.0)
    assert grid.tilt_degrees == 0
    wanted = [[0, 0, 0.8, -10], [0, 0.7, 0, -20], [2, 0, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_allclose(grid.affine, wanted, atol=1e-9)


def test_order_is_feet_to_head_also_where_the_normal_points_down() -> None:
    flipped = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # normal (0, 0, -1)
    grid, _ = arrange([plane((0, 0, z), flipped) for z in (10.0, 5.0, 0.0)], RULES)
    assert grid is not None
    assert grid.order == (2, 1, 0)


@pytest.mark.parametrize(
    ("heights", "words"),
    [
        ((0, 2, 4, 10, 12), ("a gap of 6.0 mm between 4.0 and 10.0 mm", "2.00 mm apart")),
        ((0, 2, 4, 10, 12, 14, 24, 26), ("a gap of 6.0 mm between 4.0 and 10.0 mm, of 10.0 mm between 14.0 and 24.0",)),
        ((0, 2, 2, 4, 6), ("1 duplicate positions, the first at 2.0 mm",)),
        ((0, 2, 4, 6.5, 8.5), ("uneven distances, 2.50 mm at 4.0 mm",)),
    ],
)
def test_irregular_distances_are_named_with_their_place(heights: tuple[float, ...], words: tuple[str, ...]) -> None:
    grid, problems = arrange(at(*heights), RULES)
    assert grid is None
    assert len(problems) == 1
    for word in words:
        assert word in problems[0]


def test_all_at_one_place_is_duplicates() -> None:
    grid, problems = arrange(at(3, 3, 3), RULES)
    assert grid is None
    assert "2 duplicate positions" in problems[0]


def test_rounded_positions_are_regular() -> None:
    """Distances of 1.25 mm that a scanner wrote with one decimal."""
    grid, problems = arrange(at(*(round(1.25 * k + 0.02, 2) for k in range(40))), RULES)
    assert (problems, grid is not None) == ([], True)


def test_a_slice_beside_the_others_is_out_of_line() -> None:
    planes = at(0, 2, 4, 6, 8)
    planes[2] = plane((-5.0, -20.0, 4.0))
    grid, problems = arrange(planes, RULES)
    assert grid is None
    assert problems == ["slices out of line, 5.0 mm at 4.0 mm"]


@pytest.mark.parametrize("degrees", [5.0, 20.0, -30.0])
def test_tilt_is_the_angle_between_stack_and_normal(degrees: float) -> None:
    """A gantry tilted about the left-right axis; the table still moves along the body."""
    angle = np.radians(degrees)
    tilted = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle)))
    grid, problems = arrange([plane((0, 0, 5.0 * k), tilted) for k in range(20)], RULES)
    assert problems == []
    assert grid is not None
    assert grid.tilt_degrees == pytest.approx(abs(degrees))
    assert grid.spacing == pytest.approx(5.0 * np.cos(angle))
    np.testing.assert_allclose(grid.affine[:3, 0], [0, 0, 5.0])


def test_a_drift_below_half_a_pixel_is_no_tilt_and_above_is() -> None:
    def drifting(total: float) -> list[Plane]:
        return [plane((0, total * k / 9, 2.0 * k)) for k in range(10)]

    below, _ = arrange(drifting(0.3), RULES)
    above, _ = arrange(drifting(0.4), RULES)  # pixels are 0.7 and 0.8 mm
    assert below is not None
    assert above is not None
    assert below.tilt_degrees == 0
    np.testing.assert_allclose(below.affine[:3, 0], [0, 0, 2.0])
    assert above.tilt_degrees > 0


def test_a_stack_at_more_than_45_degrees_is_refused() -> None:
    grid, problems = arrange([plane((0, 6.0 * k, 5.0 * k)) for k in range(20)], RULES)
    assert grid is None
    assert "at 50 degrees" in problems[0]


@pytest.mark.parametrize(
    "broken",
    [
        plane(()),
        plane((0, 0, 0), ()),
        plane((0, 0, 0), (1, 0, 0, 1, 0, 0)),
        plane((0, 0, 0), (2, 0, 0, 0, 2, 0)),
        plane((0, 0, 0), AXIAL, ()),
        plane((0, 0, 0), AXIAL, (0.0, 0.7)),
    ],
)
def test_planes_without_geometry_form_no_grid(broken: Plane) -> None:
    grid, problems = arrange([broken, broken], RULES)
    assert grid is None
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("orientation", "name"),
    [
        (AXIAL, "axial"),
        ((1, 0, 0, 0, 0.8660254, -0.5), "axial"),
        ((1, 0, 0, 0, 0, -1), "coronal"),
        ((0, 1, 0, 0, 0, -1), "sagittal"),
        ((1, 0, 0, 0, 0.70710678, -0.70710678), "oblique"),
        ((0, 1, 0, -1, 0, 0), "axial"),
        ((), ""),
        ((0, 0, 0, 0, 0, 0), ""),
    ],
)
def test_orientation_name(orientation: tuple[float, ...], name: str) -> None:
    assert orientation_name(orientation, RULES) == name

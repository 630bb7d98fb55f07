"""Planes of one series in, their order along the normal and the grid they form out, or why they form none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.imaging.dicom.planes import Plane
from pleura.imaging.fitness_rules import FitnessRules

__all__ = ["Grid", "arrange", "orientation_name"]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A stack of planes in order."""

    order: tuple[int, ...]
    """Indices of the given planes, from feet to head."""
    affine: npt.NDArray[np.float64]
    """4 x 4; takes (slice in order, row, column, 1) to (L, P, S, 1) mm. Its first column is not normal to the slices
    where the gantry was tilted."""
    spacing: float
    """Distance between slices along their normal, mm."""
    tilt_degrees: float
    """Angle between the stack and the slices' normal; 0 where it is too small to matter."""

    @property
    def coverage(self) -> float:
        """Extent along the normal, first to last slice and half a distance beyond each, mm."""
        return self.spacing * len(self.order)


def _directions(orientation: tuple[float, ...]) -> tuple[npt.NDArray[np.float64], ...] | None:
    """Find unit vectors of growing column and row, and their normal; None where they meet at no right angle."""
    if len(orientation) != 6:
        return None
    right, down = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(right), np.linalg.norm(down)
    if max(abs(length - 1.0) for length in lengths) > 0.02 or abs(right @ down) > 0.01:
        return None
    right = right / lengths[0]
    normal = np.cross(right, down)
    normal /= np.linalg.norm(normal)
    return right, np.cross(normal, right), normal


def orientation_name(orientation: tuple[float, ...], rules: FitnessRules) -> str:
    """Name the plane: "axial", "coronal", "sagittal", "oblique", or "" where the orientation is absent or invalid."""
    directions = _directions(orientation)
    if directions is None:
        return ""
    sagittal, coronal, axial = np.abs(directions[2])
    nearly = np.cos(np.radians(rules.axial_degrees))
    for name, cosine in (("axial", axial), ("coronal", coronal), ("sagittal", sagittal)):
        if cosine >= nearly:
            return name
    return "oblique"


def _distance_problems(
    along: npt.NDArray[np.float64], heights: npt.NDArray[np.float64], spacing: float, rules: FitnessRules
) -> list[str]:
    """List duplicates, gaps and uneven distances of sorted positions along the normal; `heights` are their S in mm."""
    steps = np.diff(along)
    problems = []
    same = np.flatnonzero(steps < rules.same_place_mm)
    if same.size:
        problems.append(f"{same.size} duplicate positions, the first at {heights[same[0]]:.1f} mm")
    gaps = np.flatnonzero(steps > rules.gap * spacing)
    if gaps.size:
        where = ", ".join(
            f"of {steps[k]:.1f} mm between {heights[k]:.1f} and {heights[k + 1]:.1f} mm" for k in gaps[:3]
        )
        more = f" and {gaps.size - 3} more" if gaps.size > 3 else ""
        problems.append(f"a gap {where}{more}, where slices are {spacing:.2f} mm apart")
    uneven = np.abs(steps - spacing) > max(rules.uneven * spacing, 2 * rules.same_place_mm)
    uneven[same] = uneven[gaps] = False
    if uneven.any() and not problems:
        k = int(np.flatnonzero(uneven)[0])
        problems.append(
            f"uneven distances, {steps[k]:.2f} mm at {heights[k]:.1f} mm, where slices are {spacing:.2f} mm apart"
        )
    return problems


def arrange(planes: Sequence[Plane], rules: FitnessRules) -> tuple[Grid | None, list[str]]:
    """Sort planes along their normal, feet to head, and find the grid they form; file numbers play no part.

    Parameters
    ----------
    planes : of one orientation and spacing, in any order

    Returns
    -------
    grid : None where the planes do not form one
    problems : why not, each in a few words; empty where they do
    """
    directions = _directions(planes[0].orientation)
    if directions is None or any(len(plane.position) != 3 for plane in planes):
        return None, ["no position and orientation in the patient"]
    if len(planes[0].spacing) != 2 or not all(0.05 <= size <= 10.0 for size in planes[0].spacing):
        return None, [f"no usable pixel spacing ({planes[0].spacing or 'absent'})"]
    right, down, normal = directions
    if normal[2] < 0:
        normal = -normal
    positions = np.array([plane.position for plane in planes])
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    positions, along = positions[order], along[order]
    count = len(planes)
    if count < 2:
        return None, []
    spacing = float(np.median(np.diff(along)))
    problems = _distance_problems(along, positions[:, 2], spacing, rules)
    if problems or spacing < rules.same_place_mm:
        return None, problems
    step = (positions[-1] - positions[0]) / (count - 1)
    away = np.linalg.norm(positions - positions[0] - np.arange(count)[:, None] * step, axis=1)
    if away.max() > max(rules.sideways_mm, rules.uneven * spacing):
        k = int(away.argmax())
        return None, [f"slices out of line, {away[k]:.1f} mm at {positions[k, 2]:.1f} mm"]
    drift = step - (step @ normal) * normal
    angle = float(np.degrees(np.arctan2(np.linalg.norm(drift), step @ normal)))
    if angle > rules.shear_degrees:
        return None, [
            f"a stack at {angle:.0f} degrees to its slices, where up to {rules.shear_degrees:.0f} are corrected"
        ]
    row_mm, column_mm = planes[0].spacing
    tilted = float(np.linalg.norm(drift)) * (count - 1) > rules.straight_pixels * min(row_mm, column_mm)
    affine = np.eye(4)
    affine[:3, 0] = step if tilted else (step @ normal) * normal
    affine[:3, 1], affine[:3, 2], affine[:3, 3] = down * row_mm, right * column_mm, positions[0]
    return Grid(
        order=tuple(int(k) for k in order),
        affine=affine,
        spacing=float(step @ normal),
        tilt_degrees=angle if tilted else 0.0,
    ), []

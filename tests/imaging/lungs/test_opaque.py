"""Opaque lung in a chest of boxes: half a lung, a whole one; fluid is left out."""

import numpy as np
import pytest

from imaging.lungs.boxes import coarse_of, dice, lung_boxes
from pleura.imaging.lungs.medial import not_lung
from pleura.imaging.lungs.mirror import MidPlane
from pleura.imaging.lungs.opaque import opaque_lung
from pleura.imaging.lungs.wall import find_wall

PLANE = MidPlane(x_mm=39.5 * 4, y_mm=30 * 4, turn=0.0, spacing=(5.0, 4.0, 4.0), size=(60, 80))


def _found(hu: np.ndarray, right: np.ndarray, aerated: np.ndarray) -> np.ndarray:
    coarse = coarse_of(hu)
    walls = find_wall(right, aerated, coarse, PLANE)
    against = not_lung(coarse, hu < -400)
    return opaque_lung(aerated, right, aerated, against, walls[1], coarse, PLANE, left=True)


@pytest.mark.parametrize("top", [20, 34])
def test_a_solid_lower_half_and_a_white_out(top: int) -> None:
    hu, right, left = lung_boxes()
    opaque = left.copy()
    opaque[top:] = False
    hu[opaque] = 40
    hu[6:34, 10:46, 43:45] = hu[6:34, 10:46, 35:37] = -90  # mediastinal fat
    assert dice(_found(hu, right, left & ~opaque), opaque) > 0.85


def test_healthy_lungs_have_none_and_fluid_is_not_lung() -> None:
    hu, right, left = lung_boxes()
    assert _found(hu, right, left).sum() < 0.01 * left.sum()
    fluid = left.copy()
    fluid[:, :34] = False
    hu[fluid] = 5
    assert _found(hu, right, left & ~fluid)[fluid].mean() < 0.2

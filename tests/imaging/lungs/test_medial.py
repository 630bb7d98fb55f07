"""Where lung begins beside the mediastinum: fat tells, also where the lung is opaque."""

import numpy as np

from imaging.lungs.boxes import coarse_of, lung_boxes
from pleura.imaging.lungs.medial import beside_mediastinum, medial_prior, not_lung, spread
from pleura.imaging.lungs.mirror import MidPlane

PLANE = MidPlane(x_mm=39.5 * 4, y_mm=30 * 4, turn=0.0, spacing=(5.0, 4.0, 4.0), size=(60, 80))


def test_fat_and_contrast_medium_speak_against_lung_and_muscle_does_not() -> None:
    hu = np.full((3, 30, 30), 40, np.int16)
    hu[:, :10], hu[:, 20:] = -90, 300
    against = not_lung(coarse_of(hu), np.zeros(hu.shape, np.bool_))
    assert (against[:, :8] > 0.9).all()
    assert (against[:, 12:18] == 0).all()
    assert (against[:, 22:] > 0.9).all()


def test_aerated_lung_is_taken_at_its_word() -> None:
    hu, right, left = lung_boxes()
    prior, sure = medial_prior(left, right, coarse_of(hu), PLANE, left=True)
    assert sure[6:34, 14:44].all()
    np.testing.assert_allclose(prior[6:34, 14:44], 5.5 * 4)


def test_an_opaque_lung_begins_behind_the_fat() -> None:
    hu, right, left = lung_boxes()
    opaque = left.copy()
    opaque[20:] = False
    hu[opaque] = 40
    hu[6:34, 10:46, 43:45] = -90  # mediastinal fat
    aerated = left & ~opaque
    within = np.zeros(hu.shape, np.bool_)
    within[6:34, 14:46, 40:68] = True
    against = not_lung(coarse_of(hu), hu < -400)
    lateral = beside_mediastinum(aerated, right, against, within, coarse_of(hu), PLANE, left=True)
    rows = np.s_[8:18, 18:40]
    assert lateral[rows][..., 46:].mean() > 0.95
    assert lateral[rows][..., 40:43].mean() < 0.05


def test_spread_takes_the_nearest_and_then_the_default() -> None:
    values = np.full((80, 80), np.nan)
    values[10, 10] = 7.0
    out = spread(values, (5.0, 5.0), -1.0)
    assert abs(out[11, 11] - 7.0) < 1e-6
    assert out[79, 79] == -1.0

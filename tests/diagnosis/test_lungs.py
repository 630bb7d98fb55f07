"""Cleaning up against maps made by hand, and a stand-in network against a phantom."""

import numpy as np
import pytest

from diagnosis.chest_phantom import chest_phantom
from diagnosis.segmenter_stand_in import stand_in
from pleura.diagnosis.lungs import cleaned_shares, find_lungs
from pleura.errors import ModelError, NoLungsError
from pleura.imaging.volume import Volume

SHAPE = (20, 2, 40, 60)
ML = 0.25
"""Of a pixel: a lung below has 12 * 24 * 18 of them, 1.3 litres."""


def _two_lungs() -> np.ndarray:
    shares = np.zeros(SHAPE, np.float32)
    shares[4:16, 0, 8:32, 6:24] = 0.9
    shares[4:16, 1, 8:32, 36:54] = 0.8
    return shares


def _labels(shares: np.ndarray) -> np.ndarray:
    return np.where(shares.sum(axis=1) >= 0.5, shares.argmax(axis=1) + 1, 0)


def test_two_whole_lungs_stay_as_they_are() -> None:
    shares = _two_lungs()
    assert np.array_equal(cleaned_shares(shares, voxel_ml=ML, cutoff=0.5), shares)


def test_small_pieces_go_and_soft_edges_stay() -> None:
    shares = _two_lungs()
    spoilt = shares.copy()
    spoilt[0:2, 0, 34:38, 40:50] = 0.9  # gut
    spoilt[4:16, 1, 8:32, 35] = 0.3  # an edge below the cut-off
    cleaned = cleaned_shares(spoilt, voxel_ml=ML, cutoff=0.5)
    shares[4:16, 1, 8:32, 35] = 0.3
    assert np.array_equal(cleaned, shares)


def test_holes_are_lung() -> None:
    shares = _two_lungs()
    shares[6:12, :, 14:20, 40:46] = 0.0  # consolidation that was taken for something else
    assert np.array_equal(_labels(cleaned_shares(shares, voxel_ml=ML, cutoff=0.5)), _labels(_two_lungs()))


def test_a_part_that_was_taken_for_the_other_lung_changes_sides() -> None:
    shares = _two_lungs()
    whole = _labels(shares)
    shares[4:8, 0, 8:32, 36:54], shares[4:8, 1, 8:32, 36:54] = 0.7, 0.1
    wrong = _labels(shares)
    assert (wrong != whole).sum() == 4 * 24 * 18
    assert np.array_equal(_labels(cleaned_shares(shares, voxel_ml=ML, cutoff=0.5)), whole)


def test_one_lung_may_be_missing() -> None:
    shares = _two_lungs()
    shares[:, 0] = 0.0
    assert set(np.unique(_labels(cleaned_shares(shares, voxel_ml=ML, cutoff=0.5)))) == {0, 2}


def test_no_lungs_and_swapped_lungs_are_refused() -> None:
    with pytest.raises(NoLungsError, match="finds 0 ml"):
        cleaned_shares(np.zeros(SHAPE, np.float32), voxel_ml=ML, cutoff=0.5)
    with pytest.raises(NoLungsError, match="finds 104 ml, expected at least 250"):
        cleaned_shares(_two_lungs(), voxel_ml=0.01, cutoff=0.5)
    with pytest.raises(NoLungsError, match="right lung to the left"):
        cleaned_shares(_two_lungs()[:, ::-1], voxel_ml=ML, cutoff=0.5)


def test_a_network_that_finds_the_air_of_a_chest_finds_its_lungs() -> None:
    volume, block = chest_phantom(side="left", low=True)
    inside = np.array(volume.hu)
    lung = ((inside > -950) & (inside < -700)) | block
    truth = np.where(lung, np.where(np.arange(inside.shape[2]) < inside.shape[2] / 2, 1, 2), 0)
    inside[inside < -950] = 40  # the room, which a network would know from lung
    volume = Volume(hu=inside, affine=volume.affine, source=volume.source)
    found = find_lungs(volume, model=stand_in("lungs", (-1000.0, -500.0), field="slice"))
    for side in (1, 2):
        dice = 2 * ((found == side) & (truth == side)).sum() / ((found == side).sum() + (truth == side).sum())
        assert dice > 0.95
    assert (found[block] == 2).mean() > 0.95  # a hole in what the network finds


def test_without_a_model_it_is_geometry() -> None:
    volume, _ = chest_phantom(side="right", low=False)
    air = Volume(hu=np.full(volume.shape, -1000, np.int16), affine=volume.affine, source=volume.source)
    with pytest.raises(NoLungsError, match="there is only air"):
        find_lungs(air)


def test_a_model_for_lesions_is_refused() -> None:
    volume, _ = chest_phantom(side="right", low=False)
    with pytest.raises(ModelError, match="is for lesions; give one for lungs"):
        find_lungs(volume, model=stand_in("lesions", (-500.0, 0.0)))

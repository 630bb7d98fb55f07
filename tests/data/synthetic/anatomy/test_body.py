from itertools import pairwise

import numpy as np
import pytest

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.anatomy.regions import COARSE_STEP, diaphragm, lobe_of, lobes_at


@pytest.fixture(scope="module")
def anatomy():
    return draw_anatomy(6)


def test_everything_follows_from_the_seed(anatomy) -> None:
    again = draw_anatomy(6)
    assert again.patient == Patient.draw(6)
    assert np.array_equal(again.fields, anatomy.fields)
    assert all(np.array_equal(*pair) for pair in zip(again.capsules(), anatomy.capsules(), strict=True))


def test_the_nested_surfaces_are_nested(anatomy) -> None:
    skin, cage, mediastinum, heart = anatomy.fields
    chest = cage < 0
    assert chest.sum() * COARSE_STEP**3 > 4e6, "the inner rib cage holds litres"
    assert (skin[chest] < -5).all(), "the rib cage lies under the skin"
    assert (mediastinum[heart < -3] < 0).all(), "the heart lies in the mediastinum"


def test_lungs_lie_in_the_cage_beside_the_mediastinum_above_the_diaphragm(anatomy, rng) -> None:
    points = rng.uniform([-140, -110, -10], [140, 110, anatomy.shape.H + 20], (20000, 3))
    lobe, depth = anatomy.lobes_at(points)
    inside = lobe > 0
    litres = inside.mean() * 280 * 220 * (anatomy.shape.H + 30) / 1e6
    assert 1.7 < litres < 7.5
    assert (depth[inside] > 0).all()
    assert all(z > diaphragm(x, y, anatomy.shape) for x, y, z in points[inside][:200])
    assert (points[np.isin(lobe, (1, 2, 3)), 0] < 0).all()
    assert (points[np.isin(lobe, (4, 5)), 0] > 0).all()
    assert (points[inside, 2] < anatomy.shape.H * 1.02).all()
    assert np.array_equal(lobe, lobes_at(points, anatomy.fields, anatomy.origin, anatomy.shape)[0])


def test_fissures_part_the_lobes(anatomy) -> None:
    H = anatomy.shape.H
    assert lobe_of(-60.0, 60.0, 0.1 * H, anatomy.shape)[0] == 3
    assert lobe_of(-60.0, 0.0, 0.85 * H, anatomy.shape)[0] == 1
    assert lobe_of(-60.0, -75.0, 0.33 * H, anatomy.shape)[0] == 2
    assert lobe_of(60.0, 60.0, 0.1 * H, anatomy.shape)[0] == 5
    assert lobe_of(60.0, -40.0, 0.85 * H, anatomy.shape)[0] == 4
    # walking up through the right lung, the distance to the fissure falls to 0 where the lobe changes
    walk = [lobe_of(-60.0, 20.0, z, anatomy.shape) for z in np.arange(0, H, 0.5)]
    for (before, near), (after, _) in pairwise(walk):
        if before != after:
            assert near < 1.0


def test_trees_fill_the_lungs_and_taper(anatomy) -> None:
    trees = anatomy.trees
    for tree in (trees.arteries, trees.veins):
        ends = tree[tree[:, 8] == 1][1::2, 4:7]
        lobe, _ = anatomy.lobes_at(ends)
        assert (lobe > 0).mean() > 0.97
        assert set(np.unique(lobe)) >= {1, 2, 3, 4, 5}
        assert tree[:, 3].max() > 8 * tree[:, 7].min()
    assert trees.airways[:, 7].min() > 0.85 * 0.99
    assert (anatomy.lobes_at(trees.tips)[0] > 0).mean() > 0.97


def test_the_carina_lies_in_the_middle_and_its_branches_at_its_sides(anatomy) -> None:
    windpipe, right, _, left = anatomy.mediastinum.airways
    assert np.allclose(windpipe[-1, 4:7], right[0, :3])
    assert np.allclose(windpipe[-1, 4:7], left[0, :3])
    assert right[-1, 4] < -20 < 20 < left[-1, 4]
    assert windpipe[0, 2] > windpipe[-1, 6], "the windpipe comes from the head"


def test_no_part_of_the_aorta_counts_as_lung(anatomy) -> None:
    assert not anatomy.lobes_at(np.ascontiguousarray(anatomy.mediastinum.aorta[:, :3]))[0].any()


def test_capsules_are_ready_to_be_painted(anatomy) -> None:
    capsules, inside = anatomy.capsules()
    assert len(inside) == len(capsules)
    assert inside[np.abs(capsules[:, 8]) == 985].all(), "airways lie in the cage"
    assert not inside[capsules[:, 8] == 900].any(), "bones of the shoulder do not"
    assert capsules.shape[1] == 11
    assert np.isfinite(capsules).all()
    assert (capsules[:, [3, 7]] > 0).all()
    assert capsules[:, 8].min() < -900
    assert capsules[:, 8].max() == 900


def test_contrast_agent_is_in_the_blood_and_a_little_in_muscle(anatomy) -> None:
    plain, bright = anatomy.capsules()[0], anatomy.capsules(100.0)[0]
    gain = bright[:, 8] - plain[:, 8]
    assert set(np.round(gain, 6)) == {0.0, 3.0, 95.0, 98.0, 100.0, 103.0}
    assert np.array_equal(np.delete(bright, 8, 1), np.delete(plain, 8, 1))

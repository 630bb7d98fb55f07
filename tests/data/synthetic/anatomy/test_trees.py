import numpy as np

from pleura.data.synthetic.anatomy.trees import grow


def grown(rng, count=200):
    points = rng.uniform([-40, -40, 20], [40, 40, 100], (count, 3))
    tree = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 11)
    return points, tree


def test_every_point_is_reached_once(rng) -> None:
    points, tree = grown(rng)
    twigs = tree[tree[:, 8] == 1][1::2, 4:7]  # the second half of each last branch ends at a point
    assert len(twigs) == len(points)
    order = np.lexsort(points.T)
    assert np.allclose(points[order], twigs[np.lexsort(twigs.T)])


def test_the_tree_hangs_together_and_begins_at_its_root(rng) -> None:
    _, tree = grown(rng)
    ends = {tuple(np.round(end, 6)) for end in tree[:, 4:7]} | {(0.0, 0.0, 0.0)}
    assert all(tuple(np.round(start, 6)) in ends for start in tree[:, :3])


def test_radius_follows_the_number_of_ends(rng) -> None:
    points, tree = grown(rng)
    assert np.isclose(tree[0, 3], 0.5 * len(points) ** (1 / 3))
    second = tree[1::2]
    assert np.allclose(second[:, 7], 0.5 * second[:, 8] ** (1 / 3))
    assert (tree[:, 3] >= tree[:, 7] - 1e-9).all(), "no branch grows thicker along its way"


def test_the_same_seed_grows_the_same_tree(rng) -> None:
    points, tree = grown(rng)
    again = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 11)
    other = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 12)
    assert np.array_equal(tree, again)
    assert not np.array_equal(tree[:, :8], other[:, :8])

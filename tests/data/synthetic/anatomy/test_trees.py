import numpy as np

from pleura.data.synthetic.anatomy.trees import grow


def grown(rng, count=200):
    points = rng.uniform([-40, -40, 20], [40, 40, 100], (count, 3))
    tree = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 11)
    return points, tree


def test_every_end_is_a_point_of_the_cloud_and_nothing_is_left_out(rng) -> None:
    points, tree = grown(rng)
    assert len(tree) == 2 * len(points), "two halves of one branch for every point"
    twigs = tree[tree[:, 8] == 1][1::2, 4:7]
    assert 0.2 * len(points) < len(twigs) < len(points)
    known = {tuple(np.round(p, 9)) for p in points}
    assert all(tuple(np.round(t, 9)) in known for t in twigs)


def test_the_tree_hangs_together_and_begins_at_its_root(rng) -> None:
    points, tree = grown(rng)
    ends = {tuple(np.round(end, 6)) for end in tree[:, 4:7]} | {(0.0, 0.0, 0.0)}
    assert all(tuple(np.round(start, 6)) in ends for start in tree[:, :3])
    trunks = tree[np.abs(tree[:, :3]).max(1) == 0]
    assert trunks[:, 8].sum() == len(points), "what leaves the root serves every point"


def test_a_branch_serves_itself_and_what_begins_at_its_end(rng) -> None:
    """The counts, the slow way: branches that begin where this one ends."""
    _, tree = grown(rng)
    for branch in tree[1::2]:
        after = tree[::2][np.abs(tree[::2, :3] - branch[4:7]).max(1) < 1e-9]
        assert branch[8] == 1 + after[:, 8].sum()


def test_radius_follows_the_number_of_points_served(rng) -> None:
    _, tree = grown(rng)
    second = tree[1::2]
    assert np.allclose(second[:, 7], 0.5 * second[:, 8] ** (1 / 3))
    assert (tree[:, 3] >= tree[:, 7] - 1e-9).all(), "no branch grows thicker along its way"


def test_the_same_seed_grows_the_same_tree(rng) -> None:
    points, tree = grown(rng)
    again = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 11)
    other = grow(points, np.zeros(3), np.array([0.0, 0, 1]), 0.5, 1 / 3, 0.05, 12)
    assert np.array_equal(tree, again)
    assert not np.array_equal(tree[:, :8], other[:, :8])

"""Pixels counted by hospital, pooled and worked out again from all cases in one place."""

import numpy as np
import pytest

from pleura.federation.learning.overlap import UNIT, count_overlap, overlap_segments, pool_overlap
from pleura.training.segmentation.judge import Counts as Pixels

CLASSES = ("none", "right-lung", "left-lung")


def case(rng: np.random.Generator, *, empty: bool = False) -> tuple[Pixels, np.ndarray, np.ndarray]:
    """A case's truth and answer on 200 pixels, and their counts; an empty one shows the second class only."""
    truth, answer = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    if empty:
        truth = np.where(truth == 1, 0, truth)
    shared, found, there = (
        np.array([int(part(k).sum()) for k in (1, 2)])
        for part in (lambda k: (truth == k) & (answer == k), lambda k: answer == k, lambda k: truth == k)
    )
    return Pixels(shared=shared, found=found, there=there, lungs=150, entropy=float(rng.uniform(0, 3))), truth, answer


def test_what_hospitals_pool_is_what_their_pixels_together_give(rng: np.random.Generator) -> None:
    drawn = [[case(rng, empty=k == 1) for k in range(n)] for n in (3, 0, 2)]
    counts = [count_overlap([one for one, _, _ in cases], 3) for cases in drawn]
    summed = {name: np.sum([one[name] for one in counts], axis=0) for name in counts[0]}
    pooled = pool_overlap(summed, CLASSES)
    every = [one for cases in drawn for one in cases]
    truth, answer = (np.concatenate([one[k] for one in every]) for k in (1, 2))
    for k in (1, 2):
        there, found = truth == k, answer == k
        assert pooled.dice[k - 1] == pytest.approx(2 * (there & found).sum() / (there.sum() + found.sum()))
        assert pooled.sensitivity[k - 1] == pytest.approx((there & found).sum() / there.sum())
        assert pooled.precision[k - 1] == pytest.approx((there & found).sum() / found.sum())
        own = [
            2 * ((t == k) & (a == k)).sum() / ((t == k).sum() + (a == k).sum()) for _, t, a in every if (t == k).any()
        ]
        assert pooled.having[k - 1] == len(own) == (3, 5)[k - 1]
        assert pooled.dice_per_case[k - 1] == pytest.approx(np.mean(own), abs=2 / UNIT)
    assert pooled.cases == 5
    assert pooled.loss == pytest.approx(np.mean([one.entropy for one, _, _ in every]), abs=2 / UNIT)
    row = pooled.row()
    assert row["dice"] == pytest.approx(np.mean(pooled.dice), abs=1e-6)
    assert row["dice left-lung"] == pytest.approx(pooled.dice[1], abs=1e-6)


def test_counts_fit_their_segments_even_at_the_worst() -> None:
    pixels, most = 100, 4
    worst = Pixels(shared=np.array([0]), found=np.array([100]), there=np.array([0]), lungs=100, entropy=1e9)
    best = Pixels(shared=np.array([100]), found=np.array([100]), there=np.array([100]), lungs=100, entropy=0.0)
    for cases in ([worst] * most, [best] * most, []):
        counts = count_overlap(cases, 2)
        segments = overlap_segments(2, pixels=pixels, most_cases=most)
        assert set(counts) == {segment.name for segment in segments}
        for segment in segments:
            assert counts[segment.name].shape == (segment.size,)
            assert counts[segment.name].dtype == np.int64
            assert 0 <= counts[segment.name].min() <= counts[segment.name].max() <= segment.most


def test_where_nothing_is_there_nothing_is_said() -> None:
    row = pool_overlap(count_overlap([], 2), ("none", "lesion")).row()
    assert row == {"cases": 0, "having": 0}
    clean = Pixels(shared=np.array([0]), found=np.array([7]), there=np.array([0]), lungs=50, entropy=0.5)
    row = pool_overlap(count_overlap([clean], 2), ("none", "lesion")).row()
    assert row == {"cases": 1, "having": 0, "dice": 0.0, "precision": 0.0, "cross_entropy": 0.5}

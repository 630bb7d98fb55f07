"""Scores of cases taken as volumes: against counts by hand, with a network that answers by grey value."""

import blosc2
import numpy as np
import pytest
import torch
from torch import Tensor

from pleura.data.segmentation.stacks import Stack
from pleura.models.segmenter import Segmenter
from pleura.settings import InputSettings
from pleura.training.segmentation.judge import Counts, best_cutoff, count_at, count_pixels, judge, overlap_scores

INPUT = InputSettings(window_low=-1000, window_high=200, size=16, mean=0.0, std=1.0, interval="every", subsets=1)


class Bright(Segmenter):
    """Calls a pixel a lesion above -500 HU, with all confidence."""

    def segment(self, x: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(x), (x + 500).sign() * 30], dim=1)


def stack(found: np.ndarray, truth: np.ndarray, lungs: np.ndarray) -> Stack:
    planes = np.stack([np.where(found, -100, -900), truth, lungs], axis=1).astype(np.int16)
    return Stack(blosc2.asarray(planes, chunks=(1, *planes.shape[1:])), np.flatnonzero(truth.any(axis=(1, 2))))


@pytest.fixture
def masks(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lungs = rng.random((40, 16, 16)) < 0.7
    return rng.random((40, 16, 16)) < 0.3, (rng.random((40, 16, 16)) < 0.4) & lungs, lungs


def test_pixels_are_counted_over_the_whole_case(masks: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    found, truth, lungs = masks
    for inside, seen in ((True, found & lungs), (False, found)):
        counts = count_pixels(Bright(), INPUT, stack(*masks), most=40, inside=inside)
        assert counts.shared.tolist() == [np.count_nonzero(seen & truth)]
        assert (counts.found.tolist(), counts.there.tolist()) == ([seen.sum()], [truth.sum()])
        assert counts.lungs == lungs.sum()
        assert counts.dice[0] == pytest.approx(2 * (seen & truth).sum() / (seen.sum() + truth.sum()))
        assert counts.entropy == pytest.approx(30 * np.mean(found != truth), rel=1e-5)
    tenth = np.arange(2, 40, 4)
    few = count_pixels(Bright(), INPUT, stack(*masks), most=10, inside=True)
    assert few.lungs == lungs[tenth].sum()
    assert few.there.tolist() == [truth[tenth].sum()]


def counts(shared: list[int], found: list[int], there: list[int], lungs: int = 100) -> Counts:
    return Counts(shared=np.array(shared), found=np.array(found), there=np.array(there), lungs=lungs, entropy=0.25)


def test_a_case_without_lesions_counts_in_the_ratio_and_not_in_dice() -> None:
    scores = overlap_scores(
        [counts([10], [20], [20]), counts([5], [5], [15]), counts([0], [8], [0])], ("none", "lesion"), ratio=True
    )
    assert scores["validation_dice"] == pytest.approx((0.5 + 0.5) / 2)
    assert scores["validation_loss"] == pytest.approx(0.25 + 0.5)
    assert scores["validation_ratio_rmse"] == pytest.approx(np.sqrt((0 + 0.1**2 + 0.08**2) / 3))
    assert scores["validation_false_ratio"] == pytest.approx(0.08)


def test_two_lungs_have_a_dice_each() -> None:
    scores = overlap_scores([counts([9, 4], [10, 10], [10, 10])], ("none", "right-lung", "left-lung"), ratio=False)
    assert scores["validation_dice_right_lung"] == pytest.approx(0.9)
    assert scores["validation_dice_left_lung"] == pytest.approx(0.4)
    assert scores["validation_dice"] == pytest.approx(0.65)
    assert "validation_ratio_rmse" not in scores


def test_cases_are_judged_one_by_one(masks: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    done: list[int] = []
    cases = [stack(*masks)] * 3
    found = judge(Bright(), INPUT, cases, most=8, lesions=True, on_case=lambda: done.append(1))
    one = count_pixels(Bright(), INPUT, cases[0], most=8, inside=True)
    assert len(done) == 3
    assert [case.shared.tolist() for (case,) in found] == [one.shared.tolist()] * 3


class Middle(Segmenter):
    """Calls a pixel a lesion where the middle one of seven slices is bright and both ends of them are not."""

    neighbours = 3

    def segment(self, x: Tensor) -> Tensor:
        ends = torch.maximum(x[:, :1], x[:, 6:])
        over = torch.minimum(x[:, 3:4], -1000 - ends)
        return torch.cat([torch.zeros_like(over), (over + 500).sign() * 30], dim=1)


def test_a_network_that_sees_neighbours_is_shown_them(masks: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    found, truth, lungs = masks
    each = np.arange(40)
    ends = found[np.maximum(each - 3, 0)] | found[np.minimum(each + 3, 39)]
    expected = found & ~ends & lungs
    counted = count_pixels(Middle(), INPUT, stack(*masks), most=40, inside=True)
    assert counted.found.tolist() == [expected.sum()] != [0]
    assert counted.shared.tolist() == [np.count_nonzero(expected & truth)]


class Sure(Segmenter):
    """Gives a third of the grey value's thousands as the probability of one thing, and two thirds of another."""

    def segment(self, x: Tensor) -> Tensor:
        p = (x + 1000) / 1000
        return torch.log(torch.cat([1 - p, p / 3, 2 * p / 3], dim=1))


def test_a_pixel_is_something_from_the_cutoff_on_and_then_the_most_probable_thing(rng: np.random.Generator) -> None:
    probability = rng.uniform(0.05, 0.95, (8, 16, 16))
    truth = rng.integers(0, 3, (8, 16, 16))
    planes = np.stack([np.rint(1000 * probability) - 1000, truth, truth > 0], axis=1).astype(np.int16)
    cutoffs = (0.2, 0.5, 0.8)
    made = Stack(blosc2.asarray(planes, chunks=(1, 3, 16, 16)), np.arange(8))
    counted = count_at(cutoffs, Sure(), INPUT, made, most=8, inside=False)
    for cutoff, counts in zip(cutoffs, counted, strict=True):
        found = np.rint(1000 * probability) >= 1000 * cutoff
        assert counts.found.tolist() == [0, pytest.approx(found.sum(), abs=2)]  # float32 at the cut-off itself
        assert counts.shared[1] == pytest.approx((found & (truth == 2)).sum(), abs=2)


def test_the_best_cutoff_has_the_highest_mean_dice_and_of_equals_the_one_near_a_half() -> None:
    def case(shared: list[int], found: list[int], there: int = 10) -> list[Counts]:
        return [
            Counts(shared=np.array([s]), found=np.array([f]), there=np.array([there]), lungs=50, entropy=0.0)
            for s, f in zip(shared, found, strict=True)
        ]

    first, second = case([9, 8, 6], [14, 10, 6]), case([10, 6, 5], [10, 6, 5])
    assert best_cutoff([first, second], (0.3, 0.5, 0.7)) == 0.3
    assert best_cutoff([first], (0.3, 0.5, 0.7)) == 0.5
    large = case([8009, 8001, 7980], [10_000] * 3, 10_000)  # Dice 0.8009, 0.8001, 0.798
    assert best_cutoff([large], (0.2, 0.3, 0.4)) == 0.3
    assert best_cutoff([case([0, 0, 0], [9, 1, 0], 0), case([5, 5, 5], [5, 5, 5])], (0.3, 0.45, 0.7)) == 0.45

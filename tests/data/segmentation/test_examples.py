"""Examples of a segmenter: the same for the same seed, the stated share with lesions, patients alike often."""

from collections import Counter

import blosc2
import numpy as np
import pytest
import torch

from pleura.data.segmentation.augmentation import SliceAugmentation
from pleura.data.segmentation.examples import DrawSettings, SegmentationExamples
from pleura.data.segmentation.stacks import Stack
from pleura.errors import CohortError, RecipeError
from pleura.settings import InputSettings

INPUT = InputSettings(window_low=-1000, window_high=200, size=16, mean=-400.0, std=300.0, interval="every", subsets=1)
STILL = SliceAugmentation(shift=0, scale=0, rotation=0, mirrored=0, window=0, gamma=0, smooth=0, noise_hu=0)


def stack(number: int, slices: int, filled: list[int]) -> Stack:
    """Slices whose HU say which stack and slice they are of."""
    planes = np.zeros((slices, 3, 16, 16), np.int16)
    planes[:, 0] = -900 + 100 * number + np.arange(slices)[:, None, None]
    planes[filled, 1, 4:6] = 1
    planes[:, 2] = 1
    return Stack(blosc2.asarray(planes, chunks=(1, 3, 16, 16)), np.array(filled, np.int64))


def examples(stacks: list[Stack], *, seed: int = 3, neighbours: int = 0, **settings: float) -> SegmentationExamples:
    draw = DrawSettings(**{"examples": 50, **settings})  # type: ignore[arg-type]
    return SegmentationExamples(
        stacks=stacks,
        settings=draw,
        input=INPUT,
        augmentation=STILL,
        seed=seed,
        batch=16,
        neighbours=neighbours,
    )


@pytest.fixture
def three() -> list[Stack]:
    return [stack(0, 40, list(range(10, 40))), stack(1, 12, [3]), stack(2, 20, [])]


def test_the_stated_share_shows_lesions_and_patients_are_drawn_alike_often(three: list[Stack]) -> None:
    drawn = examples(three, filled=0.7)
    places = [drawn.place(0, index) for index in range(3000)]
    filled = [number for number, z in places if z in three[number].filled]
    empty = Counter(number for number, z in places if z not in three[number].filled)
    assert abs(len(filled) / 3000 - 0.7) < 0.03
    assert abs(filled.count(0) / len(filled) - 0.5) < 0.05  # two patients have lesions
    assert all(abs(empty[number] / empty.total() - 1 / 3) < 0.06 for number in range(3))


def test_where_every_slice_shows_a_lesion_all_examples_do() -> None:
    drawn = examples([stack(0, 9, list(range(9)))], filled=0.1)
    assert {drawn.place(0, index)[1] for index in range(200)} == set(range(9))


def test_batches_are_normalised_and_each_slice_keeps_its_truth(three: list[Stack]) -> None:
    drawn = examples(three)
    batches = list(drawn.batches(2))
    assert (drawn.steps, [len(batch.labels) for batch in batches]) == (4, [16, 16, 16, 2])
    for first, batch in zip(range(0, 50, 16), batches, strict=True):
        for offset in range(len(batch.labels)):
            number, z = drawn.place(2, first + offset)
            planes = three[number].take(z)
            expected = torch.from_numpy((planes[0].astype(np.float32) + 400) / 300)
            torch.testing.assert_close(batch.inputs[offset, 0], expected, rtol=0, atol=1e-3)
            assert torch.equal(batch.labels[offset], torch.from_numpy(planes[1].astype(np.int64)))


def test_a_slice_lies_between_its_neighbours_and_at_an_end_the_last_is_repeated(three: list[Stack]) -> None:
    drawn = examples(three, neighbours=2)
    ends = 0
    for first, batch in zip(range(0, 50, 16), drawn.batches(0), strict=True):
        assert batch.inputs.shape[1:] == (5, 16, 16)
        for offset in range(len(batch.labels)):
            number, z = drawn.place(0, first + offset)
            beside = [min(max(z + step, 0), three[number].count - 1) for step in (-2, -1, 0, 1, 2)]
            expected = (np.array(beside) - 900 + 100 * number + 400) / 300
            np.testing.assert_allclose(batch.inputs[offset].mean(dim=(1, 2)).numpy(), expected, rtol=1e-4)
            assert torch.equal(batch.labels[offset], torch.from_numpy(three[number].take(z)[1].astype(np.int64)))
            ends += len(set(beside)) < 5
    assert ends > 0


def test_the_same_seed_and_epoch_give_the_same_examples(three: list[Stack]) -> None:
    changing = SliceAugmentation()
    first, again, other = (
        SegmentationExamples(
            stacks=three,
            settings=DrawSettings(examples=16),
            input=INPUT,
            augmentation=changing,
            seed=seed,
            batch=batch,
        )
        for seed, batch in ((3, 16), (3, 5), (4, 16))
    )
    whole, parts = next(iter(first.batches(1))), list(again.batches(1))
    assert torch.equal(whole.inputs, torch.cat([batch.inputs for batch in parts]))
    assert torch.equal(whole.labels, torch.cat([batch.labels for batch in parts]))
    assert not torch.equal(whole.inputs, next(iter(first.batches(2))).inputs)
    assert not torch.equal(whole.inputs, next(iter(other.batches(1))).inputs)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(CohortError, match="not a slice of 1 training cases shows"):
        examples([stack(0, 9, [])])
    with pytest.raises(RecipeError, match=r"filled = 0"):
        DrawSettings(filled=0)
    with pytest.raises(RecipeError, match=r"judged = 0"):
        DrawSettings(judged=0)

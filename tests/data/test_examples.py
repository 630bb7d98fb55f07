from pathlib import Path

import numpy as np
import pytest
import torch

from pleura.data.cache import SliceCache
from pleura.data.examples import Examples
from pleura.data.packed import write_packed
from pleura.imaging.subsets import slice_subsets
from pleura.settings import AugmentationSettings, InputSettings

SETTINGS = InputSettings(size=16)
FIELD = {"field": [[0, 20], [0, 16], [0, 16]]}
PLAIN = AugmentationSettings()
MIXED = AugmentationSettings(shift=0.1, scale=0.1, offset_hu=20, noise_hu=20)


@pytest.fixture
def slices(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(-1200, 600, (20 + 3 * i, 16, 16)).astype(np.int16) for i in range(7)]


@pytest.fixture
def cache(tmp_path: Path, slices: list[np.ndarray]) -> SliceCache:
    cache = SliceCache(tmp_path, SETTINGS)
    for i, one in enumerate(slices):
        write_packed(cache._path(f"{i:064}"), one, FIELD)
    return cache


def _examples(cache: SliceCache, augmentation: AugmentationSettings = PLAIN, seed: int = 0, batch: int = 3) -> Examples:
    keys = [f"{i:064}" for i in range(7)]
    return Examples(
        cache=cache, keys=keys, labels=[0, 1, 2, 3, 0, 1, 2], augmentation=augmentation, seed=seed, batch=batch
    )


def test_an_example_is_a_normalised_subset_of_its_case(cache: SliceCache, slices: list[np.ndarray]) -> None:
    example, _ = _examples(cache).example(epoch=2, index=4)
    assert example.shape == (1, 16, 16, 16)
    assert example.dtype == torch.float32
    hu = example[0].numpy() * SETTINGS.std + SETTINGS.mean
    # Each slice is found in the case, and the places found form a subset of it.
    found = [int(np.argmin([abs(one - stored).max() for stored in slices[4]])) for one in hu]
    np.testing.assert_allclose(hu, slices[4][found], atol=0.01)
    starts = {tuple(slice_subsets(0, len(slices[4]), count=1, seed=s)[0]) for s in range(300)}
    assert tuple(found) in starts


def test_each_epoch_has_every_case_once_with_its_label(cache: SliceCache) -> None:
    examples = _examples(cache)
    assert examples.steps == 3
    batches = list(examples.batches(0))
    assert [len(batch.labels) for batch in batches] == [3, 3, 1]
    order = examples.order(0)
    assert sorted(order) == list(range(7))
    assert [int(label) for batch in batches for label in batch.labels] == [examples.labels[i] for i in order]
    inputs = torch.cat([batch.inputs for batch in batches])
    for place, index in enumerate(order):
        assert torch.equal(inputs[place], examples.example(0, index)[0])


@pytest.mark.parametrize("augmentation", [PLAIN, MIXED])
def test_an_example_depends_on_seed_epoch_and_case_alone(cache: SliceCache, augmentation: AugmentationSettings) -> None:
    one, two = _examples(cache, augmentation), _examples(cache, augmentation, batch=7)
    list(two.batches(5))
    for epoch in range(3):
        assert one.order(epoch) == two.order(epoch)
        assert torch.equal(one.example(epoch, 3)[0], two.example(epoch, 3)[0])
    assert not torch.equal(one.example(0, 6)[0], one.example(1, 6)[0])
    assert not torch.equal(one.example(0, 6)[0], _examples(cache, augmentation, seed=1).example(0, 6)[0])
    assert one.order(0) != one.order(1)


def test_augmented_values_stay_in_the_window(cache: SliceCache) -> None:
    strong = AugmentationSettings(offset_hu=500, noise_hu=500)
    hu = _examples(cache, strong).example(0, 0)[0] * SETTINGS.std + SETTINGS.mean
    assert hu.min() >= -1200.01
    assert hu.max() <= 600.01


def test_lesions_move_with_their_slices(cache: SliceCache, slices: list[np.ndarray]) -> None:
    for i, one in enumerate(slices):
        write_packed(cache._path(f"{i:064}", "lesions"), (one > -300).astype(np.uint8), {})
    keys = [f"{i:064}" for i in range(7)]
    moved = AugmentationSettings(shift=0.2)  # by whole pixels or not, the nearest one's label is carried along
    for augmentation in (PLAIN, moved):
        examples = Examples(
            cache=cache, keys=keys, labels=[0] * 7, lesions=keys, augmentation=augmentation, seed=0, batch=7
        )
        (batch,) = examples.batches(0)
        assert batch.lesions is not None
        assert batch.lesions.dtype == torch.uint8
        hu = batch.inputs[:, 0] * SETTINGS.std + SETTINGS.mean
        if augmentation is PLAIN:
            assert torch.equal(batch.lesions, (hu > -300).to(torch.uint8))
        else:
            assert np.corrcoef(batch.lesions.flatten(), hu.flatten())[0, 1] > 0.5


def test_without_keys_there_are_no_lesions(cache: SliceCache) -> None:
    assert all(batch.lesions is None for batch in _examples(cache).batches(0))


EVERY = InputSettings(size=16, slices=24, subsets=1, interval="every")


@pytest.fixture
def every(tmp_path: Path, slices: list[np.ndarray]) -> SliceCache:
    cache = SliceCache(tmp_path / "every", EVERY)
    for i, one in enumerate(slices):  # 20, 23, 26 to 38 slices
        write_packed(cache._path(f"{i:064}"), one, FIELD)
    return cache


def test_every_slice_is_taken_in_order_and_the_rest_of_the_batch_is_counted_as_padding(
    every: SliceCache, slices: list[np.ndarray]
) -> None:
    (batch,) = _examples(every, batch=7).batches(0)
    assert batch.inputs.shape == (7, 1, 24, 16, 16)
    assert batch.counts is not None
    order = _examples(every).order(0)
    assert batch.counts.tolist() == [min(len(slices[i]), 24) for i in order]
    hu = batch.inputs[:, 0].numpy() * EVERY.std + EVERY.mean
    for place, index in enumerate(order):
        count = int(batch.counts[place])
        if len(slices[index]) <= 24:
            np.testing.assert_allclose(hu[place, :count], slices[index], atol=0.01)
            assert not batch.inputs[place, 0, count:].any()


def test_a_thinned_case_begins_anywhere_in_its_first_interval_but_always_there_for_a_seed(
    every: SliceCache, slices: list[np.ndarray]
) -> None:
    seen = set()
    for epoch in range(40):
        example, _ = _examples(every).example(epoch, 6)  # 38 slices: intervals of 1.58
        assert torch.equal(example, _examples(every, batch=7).example(epoch, 6)[0])
        hu = example[0].numpy() * EVERY.std + EVERY.mean
        found = [int(np.argmin([abs(one - stored).max() for stored in slices[6]])) for one in hu]
        assert np.all(np.diff(found) >= 1)
        assert np.all(np.diff(found) <= 2)
        seen.add(tuple(found))
    assert {places[0] for places in seen} == {0, 1}
    assert len(seen) > 5


def test_lesions_are_thinned_and_padded_with_their_slices(every: SliceCache, slices: list[np.ndarray]) -> None:
    for i, one in enumerate(slices):
        write_packed(every._path(f"{i:064}", "lesions"), (one > -300).astype(np.uint8), {})
    keys = [f"{i:064}" for i in range(7)]
    examples = Examples(cache=every, keys=keys, labels=[0] * 7, lesions=keys, augmentation=PLAIN, seed=0, batch=7)
    (batch,) = examples.batches(0)
    assert batch.lesions is not None
    assert batch.counts is not None
    hu = batch.inputs[:, 0] * EVERY.std + EVERY.mean
    for place, count in enumerate(batch.counts.tolist()):
        assert torch.equal(batch.lesions[place, :count], (hu[place, :count] > -300).to(torch.uint8))
        assert not batch.lesions[place, count:].any()

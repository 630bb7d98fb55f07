"""Examples of slices: as often as asked for, from the slices that they are of, and the same again."""

import dataclasses

import numpy as np
import pytest

from data.chest_stack import SHARES, chest_stack
from pleura.data.faults.kinds import FAULTS, SLICE_CLASSES
from pleura.data.slices import FaultSettings, SliceExamples, natural_class
from pleura.errors import RecipeError
from pleura.settings import AugmentationSettings, InputSettings

INPUT = InputSettings(size=48, window_low=-1024, window_high=3000, slices=4, subsets=1)
STILL = FaultSettings(examples=20, harmless=0.0, smallest=1.0, largest=1.0)


def _examples(settings: FaultSettings = STILL, **more: float) -> SliceExamples:
    return SliceExamples(
        stacks=[chest_stack(0), chest_stack(1)],
        settings=settings,
        input=INPUT,
        augmentation=AugmentationSettings(**more),
        seed=4,
        batch=8,
    )


def test_slices_are_of_the_class_that_their_lung_area_says() -> None:
    kinds = [natural_class(share, STILL) for share in SHARES]
    assert kinds == ["no-lung", "no-lung", "sliver", None, "fit", "fit", "fit", "fit", None, "sliver", "no-lung"]
    examples = _examples()
    assert {name: len(places) for name, places in examples.places.items()} == {"fit": 8, "no-lung": 6, "sliver": 4}


def test_a_slice_that_holds_metal_already_is_not_drawn_from() -> None:
    stack = chest_stack(0)
    stack.slices[5, 3, 3] = 2500
    examples = dataclasses.replace(_examples(), stacks=[stack])
    assert [0, 5] not in examples.places["fit"].tolist()
    assert len(examples.places["fit"]) == 3


def test_without_faults_or_changes_a_slice_comes_as_it_is() -> None:
    examples = _examples()
    for index in range(40):
        image, label = examples.draw(0, index)
        name = SLICE_CLASSES[label]
        same = [
            (number, z)
            for number, stack in enumerate(examples.stacks)
            for z, one in enumerate(stack.slices)
            if np.array_equal(one, image)
        ]
        if name in FAULTS:
            assert same == []
        else:
            assert len(same) == 1
            assert natural_class(SHARES[same[0][1]], STILL) == name


def test_examples_repeat_by_epoch_and_number_and_differ_otherwise() -> None:
    moving = FaultSettings(examples=20)
    examples, again = (_examples(moving, shift=0.05, noise_hu=20.0, offset_hu=5.0) for _ in range(2))
    for index in range(6):
        image, label = examples.draw(1, index)
        image2, label2 = again.draw(1, index)
        np.testing.assert_array_equal(image, image2)
        assert label == label2
        assert not np.array_equal(image, examples.draw(2, index)[0])


def test_classes_come_in_their_shares() -> None:
    settings = dataclasses.replace(STILL, fit=0.5, no_lung=0.2, slivers=0.28)
    assert settings.shares().sum() == pytest.approx(1)
    assert settings.shares()[3:] == pytest.approx(0.004)
    examples = _examples(settings)
    drawn = np.bincount([examples.draw(0, index)[1] for index in range(200)], minlength=8)
    for number, share in enumerate((0.5, 0.2, 0.28)):
        assert abs(drawn[number] - 200 * share) < 4 * (200 * share * (1 - share)) ** 0.5


PLAIN = dataclasses.replace(STILL, fit=0.5, no_lung=0.2, slivers=0.28)


def test_batches_are_what_draw_gives_shuffled_in_the_networks_units() -> None:
    examples = _examples(PLAIN, noise_hu=5.0)
    batches = list(examples.batches(3))
    assert examples.steps == len(batches) == 3
    assert [tuple(batch.inputs.shape) for batch in batches] == [(n, 1, 1, 48, 48) for n in (8, 8, 4)]
    given = np.concatenate([batch.inputs[:, 0, 0].numpy() for batch in batches])
    labels = np.concatenate([batch.labels.numpy() for batch in batches])
    drawn = [examples.draw(3, index) for index in range(20)]
    scaled = [(image - INPUT.mean) / INPUT.std for image, _ in drawn]
    places = [int(np.abs(given - one).max(axis=(1, 2)).argmin()) for one in scaled]
    assert sorted(places) == list(range(20))
    assert places != list(range(20))
    np.testing.assert_allclose(given[places], scaled, atol=1e-4)
    np.testing.assert_array_equal(labels[places], [label for _, label in drawn])


def test_slices_are_held_for_as_many_epochs_as_asked_for() -> None:
    held, fresh = _examples(dataclasses.replace(PLAIN, redrawn=2)), _examples(PLAIN)

    def sums(examples: SliceExamples, epoch: int) -> list[float]:
        return sorted(float(one.sum()) for batch in examples.batches(epoch) for one in batch.inputs)

    assert sums(held, 0) == sums(held, 1) == sums(fresh, 0)
    assert sums(held, 2) == sums(held, 3) == sums(fresh, 1)
    assert sums(fresh, 0) != sums(fresh, 1)
    assert sums(held, 1) == sums(fresh, 0), "a resumed run sees what an unbroken one saw"


def test_a_cohort_without_slices_beyond_the_lungs_is_refused() -> None:
    stack = chest_stack(0)
    short = dataclasses.replace(stack, slices=stack.slices[4:8], lungs=stack.lungs[4:8], shares=stack.shares[4:8])
    with pytest.raises(RecipeError, match="no slice that is no-lung or sliver in 1 cases"):
        dataclasses.replace(_examples(), stacks=[short])


@pytest.mark.parametrize("wrong", [{"examples": 0}, {"band": 0.2}, {"fit": 0.9}, {"harmless": 2.0}, {"smallest": 1.5}])
def test_settings_that_contradict_themselves_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match="faults: "):
        FaultSettings(**wrong)  # type: ignore[arg-type]

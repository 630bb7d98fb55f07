"""Every fault: the same from the same seed, as bad as it is meant to be, and where it belongs."""

import numpy as np
import pytest

from data.faults.phantom import chest_scene
from pleura.data.faults import arms, metal, motion
from pleura.data.faults.kinds import FAULTS, SLICE_CLASSES
from pleura.data.faults.scene import body_of, root_mean_square

SEEDS = range(6)


def test_the_classes_are_in_their_fixed_order() -> None:
    assert SLICE_CLASSES == ("fit", "no-lung", "sliver", "arms", "motion", "metal", "truncated", "window")


def test_the_body_is_found_from_its_lungs() -> None:
    scene = chest_scene()
    top, bottom, left, right = body_of(scene.image, scene.lungs)
    assert (right - left + 1) * scene.pixel == pytest.approx(300, abs=15)
    assert (bottom - top + 1) * scene.pixel == pytest.approx(200, abs=25)


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_seed_draws_the_same_fault_and_the_scene_stays(name: str) -> None:
    scene = chest_scene()
    before = scene.image.copy()
    first, again = (FAULTS[name](scene, np.random.default_rng(3), harmful=True) for _ in range(2))
    other = FAULTS[name](scene, np.random.default_rng(5), harmful=True)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(scene.image, before)
    assert first.dtype == np.float32
    assert first.shape == before.shape


@pytest.mark.parametrize(("name", "module"), [("arms", arms), ("motion", motion), ("metal", metal)])
def test_artefacts_in_the_lungs_are_as_strong_as_they_are_meant_to_be(name: str, module: object) -> None:
    scene = chest_scene()
    low, high = module.HARMFUL_HU  # type: ignore[attr-defined]
    changes: dict[bool, list[float]] = {True: [], False: []}
    for seed in SEEDS:
        for harmful, values in changes.items():
            drawn = FAULTS[name](scene, np.random.default_rng(seed), harmful=harmful)
            middle = np.median(np.abs((drawn - scene.image)[scene.lungs]))  # metal itself may lie in a lung
            values.append(float(middle))
            if harmful:
                assert root_mean_square((drawn - scene.image)[scene.lungs]) >= 0.8 * low
    assert max(changes[False]) <= 10.0
    assert 2 * np.mean(changes[False]) < np.mean(changes[True]) < high


def test_arms_lie_beside_the_body_and_have_bone() -> None:
    scene = chest_scene()
    _, _, left, right = body_of(scene.image, scene.lungs)
    drawn = FAULTS["arms"](scene, np.random.default_rng(1), harmful=False)
    beside = np.concatenate([drawn[:, : left - 1], drawn[:, right + 2 :]], axis=1)
    before = np.concatenate([scene.image[:, : left - 1], scene.image[:, right + 2 :]], axis=1)
    assert (before > -400).sum() == 0
    assert (beside > 0).sum() * scene.pixel**2 > 2000  # mm2 of muscle
    assert (beside > 500).any()


def test_metal_is_brighter_than_bone() -> None:
    scene = chest_scene()
    for seed in SEEDS:
        assert FAULTS["metal"](scene, np.random.default_rng(seed), harmful=True).max() > 1500


def test_a_harmful_cut_loses_lung_and_a_harmless_one_does_not() -> None:
    scene = chest_scene()
    marked = scene.image.copy()
    marked[scene.lungs] = 2000.0  # so that lung can be counted wherever it comes to lie
    counted = type(scene)(image=marked, lungs=scene.lungs, neighbour=marked, pixel=scene.pixel)
    for seed in range(12):
        for harmful in (True, False):
            drawn = FAULTS["truncated"](counted, np.random.default_rng(seed), harmful=harmful)
            padded = (drawn == -1024).mean() > 0.3  # a circle; a frame is enlarged instead
            if padded:
                kept = (drawn >= 1500)[scene.lungs].mean()
                assert (kept <= 0.91) if harmful else (kept == 1.0)
            else:
                edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
                assert (edge >= 1000).any() == harmful


def test_a_baked_in_window_leaves_no_air_as_it_was() -> None:
    scene = chest_scene()
    air = scene.image < -900
    for seed in range(12):
        drawn = FAULTS["window"](scene, np.random.default_rng(seed), harmful=True)
        assert np.median(drawn[air]) > -600
        harmless = FAULTS["window"](scene, np.random.default_rng(seed), harmful=False)
        np.testing.assert_allclose(harmless[~air], scene.image[~air])

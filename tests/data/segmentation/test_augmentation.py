"""Random changes of slices: each against what it must do alone, and truth moving with the slice."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import Tensor

from pleura.data.segmentation.augmentation import SliceAugmentation, augment_slices
from pleura.errors import RecipeError
from pleura.settings import InputSettings

WINDOW = InputSettings(window_low=-1200, window_high=300, size=32)
OFF = dict.fromkeys((entry.name for entry in fields(SliceAugmentation)), 0.0)


def changed(slices: Tensor, truth: Tensor, seeds: Sequence[int] = (1,), **limits: float) -> tuple[Tensor, Tensor]:
    settings = SliceAugmentation(**{**OFF, **limits})
    generators = [np.random.default_rng(seed) for seed in seeds]
    out, shown = augment_slices(slices[:, None], truth, settings, WINDOW, generators)
    return out[:, 0], shown


@pytest.fixture
def slices() -> Tensor:
    """Smooth blobs, so that bilinear sampling is near to exact."""
    y, x = np.mgrid[:32, :32] / 31 - 0.5
    blob = np.exp(-((y - 0.1) ** 2 + (x + 0.15) ** 2) / 0.06)
    return torch.from_numpy((-900 + 700 * blob).astype(np.float32))[None]


@pytest.fixture
def truth(slices: Tensor) -> Tensor:
    return (slices > -600).to(torch.uint8)


def test_without_limits_nothing_changes(slices: Tensor, truth: Tensor) -> None:
    same, shown = changed(slices, truth)
    torch.testing.assert_close(same, slices, rtol=0, atol=1e-2)
    assert torch.equal(shown, truth)


def test_a_mirror_exchanges_left_and_right_and_never_front_and_back(slices: Tensor, truth: Tensor) -> None:
    for seed in range(6):
        mirrored, shown = changed(slices, truth, (seed,), mirrored=1.0)
        torch.testing.assert_close(mirrored, slices.flip(2), rtol=0, atol=1e-2)
        assert torch.equal(shown, truth.flip(2))
    sides = [changed(slices, truth, (seed,), mirrored=0.25)[1] for seed in range(200)]
    share = np.mean([torch.equal(side, truth.flip(2)) for side in sides])
    assert 0.15 < share < 0.35


@pytest.mark.parametrize(("limit", "most"), [("shift", 0.1), ("scale", 0.2), ("rotation", 20.0)])
def test_truth_moves_with_the_slice(slices: Tensor, truth: Tensor, limit: str, most: float) -> None:
    for seed in range(5):
        moved, shown = changed(slices, truth, (seed,), **{limit: most})
        assert not torch.equal(shown, truth)
        there = (moved > -600).to(torch.uint8)  # nearest and linear disagree at the edge
        assert float(2 * (there * shown).sum() / (there.sum() + shown.sum())) > 0.93


def test_a_rotation_keeps_what_is_in_the_middle_and_its_size() -> None:
    y, x = np.mgrid[:65, :65] - 32
    disc = torch.from_numpy((x**2 + y**2 < 200).astype(np.uint8))[None]
    for seed in range(3):
        _, shown = changed(disc.float(), disc, (seed,), rotation=45.0)
        assert int((shown != disc).sum()) <= 40  # of 627, all at the edge


def test_a_moved_window_is_a_straight_line_clipped_and_gamma_keeps_the_ends() -> None:
    ramp = torch.linspace(-1200, 300, 256).reshape(1, 16, 16)
    none = torch.zeros(1, 16, 16, dtype=torch.uint8)
    for seed in range(5):
        out = changed(ramp, none, (seed,), window=0.1)[0].flatten()
        steps = out.diff()
        inside = (out[1:] > -1199.9) & (out[1:] < 299.9) & (out[:-1] > -1199.9)
        assert float(steps[inside].std()) < 0.05
        assert 0.8 < float(steps[inside].mean()) / (1500 / 255) < 1.3
        bent = changed(ramp, none, (seed,), gamma=0.5)[0].flatten()
        torch.testing.assert_close(bent[[0, -1]], ramp.flatten()[[0, -1]], rtol=0, atol=0.1)
        assert bool((bent.diff() > 0).all())
        assert float((bent - ramp.flatten()).abs().max()) > 1


def test_noise_is_white_and_smoothing_takes_it_away_or_sharpens() -> None:
    flat = torch.full((1, 64, 64), -500.0)
    none = torch.zeros(1, 64, 64, dtype=torch.uint8)
    spreads = [float(changed(flat, none, (seed,), noise_hu=50.0)[0].std()) for seed in range(40)]
    assert 0 < min(spreads) < 10
    assert 40 < max(spreads) < 52
    grain = flat + 30 * torch.from_numpy(np.random.default_rng(0).standard_normal((1, 64, 64), dtype=np.float32))
    ratios = [float(changed(grain, none, (seed,), smooth=0.5)[0].std() / grain.std()) for seed in range(20)]
    assert min(ratios) < 0.75
    assert max(ratios) > 1.25


def test_a_slice_is_changed_alike_in_any_company(slices: Tensor, truth: Tensor) -> None:
    settings = SliceAugmentation()
    pair, shown = augment_slices(
        slices[:, None].repeat(2, 1, 1, 1),
        truth.repeat(2, 1, 1),
        settings,
        WINDOW,
        [np.random.default_rng(s) for s in (5, 9)],
    )
    alone, seen = augment_slices(slices[:, None], truth, settings, WINDOW, [np.random.default_rng(9)])
    assert torch.equal(pair[1:], alone)
    assert torch.equal(shown[1:], seen)
    assert not torch.equal(pair[0], pair[1])
    assert float(pair.min()) >= -1200
    assert float(pair.max()) <= 300


def test_neighbours_are_changed_as_their_slice_is_but_for_noise(slices: Tensor, truth: Tensor) -> None:
    three = torch.stack([slices, slices + 100, slices - 100], dim=1)
    settings = SliceAugmentation(**{**OFF, "shift": 0.2, "rotation": 20.0, "mirrored": 0.5, "smooth": 0.5})
    for seed in range(4):
        out, shown = augment_slices(three, truth, settings, WINDOW, [np.random.default_rng(seed)])
        torch.testing.assert_close(out[:, 1], out[:, 0] + 100, rtol=0, atol=1e-2)
        torch.testing.assert_close(out[:, 2], out[:, 0] - 100, rtol=0, atol=1e-2)
        _, alone = augment_slices(three[:, :1], truth, settings, WINDOW, [np.random.default_rng(seed)])
        assert torch.equal(shown, alone)
    noisy = SliceAugmentation(**{**OFF, "noise_hu": 50.0})
    out, _ = augment_slices(torch.full((1, 3, 32, 32), -500.0), truth, noisy, WINDOW, [np.random.default_rng(1)])
    assert abs(float(torch.corrcoef(out[0].flatten(1))[0, 1])) < 0.1


def test_limits_out_of_reason_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"rotation = 90; need 0 to 45"):
        SliceAugmentation(rotation=90)
    with pytest.raises(RecipeError, match=r"noise_hu = -1"):
        SliceAugmentation(noise_hu=-1)

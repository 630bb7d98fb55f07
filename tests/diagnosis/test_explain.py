"""Grad-CAM against its closed form and by hand; the way back to the study's grid against positions known beforehand."""

import numpy as np
import pytest
import torch

from pleura.diagnosis.explain import activation_map, map_to_volume, share_inside
from pleura.imaging.field import Field


class _PoolThenLinear(torch.nn.Module):
    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(channels, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.linear(features.mean(dim=(2, 3, 4)))


@pytest.mark.parametrize("target", [0, 2])
def test_after_global_pooling_grad_cam_is_the_classifier_weights_times_the_features(target: int) -> None:
    torch.manual_seed(3)
    head = _PoolThenLinear(5, 3)
    features = torch.randn(2, 5, 4, 6, 7)
    expected = torch.einsum("c,bczyx->bzyx", head.linear.weight[target], features).relu().detach().numpy()
    np.testing.assert_allclose(activation_map(features, head, target), expected, rtol=1e-5, atol=1e-6)


def test_a_heads_subsets_do_not_leak_into_each_other() -> None:
    torch.manual_seed(4)
    head = torch.nn.Sequential(_PoolThenLinear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    features = torch.randn(3, 5, 2, 3, 3)
    together = activation_map(features, head, 1)
    alone = np.concatenate([activation_map(features[k : k + 1], head, 1) for k in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def test_a_hot_spot_returns_to_its_slice_row_and_column() -> None:
    maps = np.zeros((1, 4, 8, 8), np.float32)
    maps[0, 2, 1, 6] = 3.0  # third quarter of the subset's depth, second row of eight, seventh column of eight
    subsets = np.arange(10, 42, 2)[None]  # sixteen slices; the third quarter is 26, 28, 30, 32
    heat = map_to_volume(maps, subsets, (50, 64, 80), Field((10, 42), (0, 64), (0, 80)))
    z, y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert heat.max() > 200
    assert 26 <= z <= 32
    assert 8 <= y < 16
    assert 60 <= x < 70
    assert not heat[:10].any()
    assert not heat[42:].any()


def test_a_hot_spot_of_a_field_lies_where_the_field_does() -> None:
    maps = np.zeros((1, 4, 8, 8), np.float32)
    maps[0, :, 1, 6] = 1.0  # rows 4 to 8 and columns 24 to 28 of a field of 32 x 32
    heat = map_to_volume(maps, np.arange(16)[None], (16, 60, 90), Field((0, 16), (20, 52), (50, 82)))
    y, x = np.argwhere(heat[8] == heat[8].max()).mean(axis=0)
    assert 24 <= y < 28
    assert 74 <= x < 78
    assert not heat[:, :20].any()
    assert not heat[:, :, :50].any()


def test_a_field_beyond_the_image_loses_only_what_lies_beyond() -> None:
    maps = np.random.default_rng(5).random((1, 4, 8, 8)).astype(np.float32)
    subsets = np.arange(16)[None]
    whole = map_to_volume(maps, subsets, (16, 40, 40), Field((0, 16), (4, 36), (4, 36)))
    cut = map_to_volume(maps, subsets, (16, 30, 34), Field((0, 16), (-2, 30), (-6, 26)))
    np.testing.assert_array_equal(cut[:, :, :26], whole[:, 6:36, 10:36])
    assert not cut[:, :, 26:].any()


def test_a_map_that_is_everywhere_the_same_stays_so() -> None:
    maps = np.ones((2, 4, 5, 5), np.float32)
    subsets = np.stack([np.arange(16), np.arange(16) + 3])
    heat = map_to_volume(maps, subsets, (20, 32, 32), Field((0, 20), (0, 32), (0, 32)))
    assert (heat == 255).all()


def test_a_slice_that_a_subset_repeats_counts_once() -> None:
    maps = np.linspace(0, 1, 4, dtype=np.float32)[None, :, None, None] * np.ones((1, 4, 2, 2), np.float32)
    subsets = np.repeat(np.arange(8), 2)[None]  # a short scan: sixteen draws from eight slices
    heat = map_to_volume(maps, subsets, (8, 4, 4), Field((0, 8), (0, 4), (0, 4)))
    profile = heat[:, 0, 0].astype(int)
    assert (np.diff(profile) >= 0).all()
    assert profile[0] < 30
    assert profile[-1] == 255


def test_an_empty_map_stays_empty_and_has_no_share() -> None:
    heat = map_to_volume(
        np.zeros((1, 4, 2, 2), np.float32), np.arange(16)[None], (16, 4, 4), Field((0, 16), (0, 4), (0, 4))
    )
    assert not heat.any()
    assert share_inside(heat, np.ones(heat.shape, bool)) is None


def test_share_inside_by_hand() -> None:
    heat = np.zeros((2, 2, 2), np.uint8)
    heat[0, 0] = [30, 50]
    heat[1, 1] = [20, 100]
    mask = np.zeros((2, 2, 2), bool)
    mask[0, 0, 1] = mask[1, 1, 1] = True
    assert share_inside(heat, mask) == pytest.approx(150 / 200)

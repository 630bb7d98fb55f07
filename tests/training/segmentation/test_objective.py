"""Dice and cross-entropy of a batch: against sums by hand, and what a small lesion weighs."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pleura.training.objective import Proximal
from pleura.training.segmentation.objective import OverlapObjective, batch_dice
from pleura.training.segmentation.recipe import OverlapSettings
from pleura.training.steps import autocast

CPU = torch.device("cpu")


class Given(nn.Module):
    """Gives logits that it holds."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x: Tensor) -> Tensor:
        return self.logits[: len(x)]


def computed(logits: Tensor, truth: Tensor, settings: OverlapSettings, proximal: Proximal | None = None) -> Tensor:
    objective = OverlapObjective(settings, proximal)
    x = torch.zeros(len(truth), 1, *truth.shape[1:])
    return objective(Given(logits), x, truth, None, of_batch=truth, precision=autocast(CPU, "float32"))[0]


def test_dice_is_over_the_batch_class_by_class(rng: np.random.Generator) -> None:
    shares = torch.from_numpy(rng.dirichlet(np.ones(3), (2, 4, 5)).astype(np.float32)).movedim(-1, 1)
    truth = torch.from_numpy(rng.integers(0, 3, (2, 4, 5)))
    expected = []
    for kind in (1, 2):
        shared = found = there = 0.0
        for b, y, x in np.ndindex(2, 4, 5):
            p, g = float(shares[b, kind, y, x]), float(truth[b, y, x] == kind)
            shared, found, there = shared + p * g, found + p, there + g
        expected.append((2 * shared + 1) / (found + there + 1))
    torch.testing.assert_close(batch_dice(shares, truth), torch.tensor(expected))


def test_the_loss_is_the_sum_of_both_parts_by_their_weights(rng: np.random.Generator) -> None:
    logits = torch.from_numpy(rng.standard_normal((3, 2, 4, 4)).astype(np.float32))
    truth = torch.from_numpy(rng.integers(0, 2, (3, 4, 4)))
    p = torch.softmax(logits, dim=1)
    entropy = -torch.log(p.gather(1, truth[:, None])).mean()
    overlap = 1 - batch_dice(p, truth).mean()
    loss = computed(logits, truth, OverlapSettings(cross_entropy=0.5, dice=2.0))
    torch.testing.assert_close(loss, 0.5 * entropy + 2 * overlap)
    held = Proximal(4.0, {"logits": torch.zeros_like(logits)})
    near = computed(logits, truth, OverlapSettings(cross_entropy=0.5, dice=2.0), held)
    torch.testing.assert_close(near - loss, 2 * logits.square().sum())


def test_to_miss_a_small_lesion_costs_as_much_as_to_miss_a_large_one() -> None:
    lost = []
    for size in (4, 32):
        truth = torch.zeros(1, 64, 64, dtype=torch.int64)
        truth[0, :size, :size] = 1
        nothing = torch.stack([torch.full((1, 64, 64), 12.0), torch.full((1, 64, 64), -12.0)], dim=1)
        lost.append(computed(nothing, truth, OverlapSettings(cross_entropy=0.0)).item())
    assert lost == pytest.approx([16 / 17, 1024 / 1025], abs=1e-4)


def test_the_measure_is_the_dice_of_the_answers(rng: np.random.Generator) -> None:
    truth = torch.zeros(2, 4, 4, dtype=torch.int64)
    truth[0, 0] = 1  # 4 pixels; found are 2 of them and 2 others
    logits = torch.zeros(2, 2, 4, 4)
    logits[:, 0] = 1
    logits[0, 1, 0, :2], logits[1, 1, 0, :2] = 2, 2
    objective = OverlapObjective(OverlapSettings())
    _, right = objective(
        Given(logits), torch.zeros(2, 1, 4, 4), truth, None, of_batch=truth, precision=autocast(CPU, "float32")
    )
    assert float(right) == pytest.approx(2 * (2 * 2 + 1) / (4 + 4 + 1))


def test_parts_of_a_batch_add_up_to_it_where_they_are_alike(rng: np.random.Generator) -> None:
    half = torch.from_numpy(rng.standard_normal((2, 2, 4, 4)).astype(np.float32))
    truth = torch.from_numpy(rng.integers(0, 2, (2, 4, 4)))
    entropy = OverlapSettings(dice=0.0)
    objective, twice = OverlapObjective(entropy), torch.cat([truth, truth])
    part, _ = objective(
        Given(half), torch.zeros(2, 1, 4, 4), truth, None, of_batch=twice, precision=autocast(CPU, "float32")
    )
    torch.testing.assert_close(2 * part, computed(torch.cat([half, half]), twice, entropy))

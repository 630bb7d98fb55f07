import numpy as np
import pytest
import torch

from pleura.data.augmentation import augment, augment_labels
from pleura.settings import AugmentationSettings


class _Fixed(np.random.Generator):
    """Draws what it is told: shift down, shift right, scale, offset, noise, each as a share of its limit."""

    def __init__(self, *shares: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.shares = np.array(shares)

    def uniform(self, low=0.0, high=1.0, size=None):  # type: ignore[no-untyped-def]
        return self.shares


def _slices() -> torch.Tensor:
    image = torch.zeros(2, 16, 16)
    image[:, 5, 9] = 100
    image[1] *= 2
    return image


def test_with_all_limits_zero_nothing_changes(rng) -> None:
    slices = _slices()
    assert torch.equal(augment(slices, AugmentationSettings(), rng), slices)


def test_a_shift_by_a_quarter_moves_all_slices_four_pixels(rng) -> None:
    moved = augment(_slices(), AugmentationSettings(shift=0.25), _Fixed(-1, 1, 0, 0, 0))
    expected = torch.zeros(2, 16, 16)
    expected[:, 9, 5] = torch.tensor([100.0, 200.0])  # rows look 4 up, columns 4 to the right
    torch.testing.assert_close(moved, expected, atol=1e-3, rtol=0)


def test_a_scale_of_two_spreads_a_pixel_over_its_new_place() -> None:
    slices = torch.zeros(1, 16, 16)
    slices[:, 7:9, 7:9] = 1  # the middle
    grown = augment(slices, AugmentationSettings(scale=0.5), _Fixed(0, 0, 1, 0, 0))
    shrunk = augment(slices, AugmentationSettings(scale=0.5), _Fixed(0, 0, -1, 0, 0))
    assert grown.sum().item() == pytest.approx(4 * 1.5**2, rel=0.1)
    assert shrunk.sum().item() == pytest.approx(4 * 0.5**2, rel=0.1)
    middle = torch.arange(16) - 7.5
    assert (grown[0].sum(0) * middle).sum().abs() < 1e-4, "about the centre"


def test_an_offset_is_one_number_for_all_voxels() -> None:
    moved = augment(_slices(), AugmentationSettings(offset_hu=30), _Fixed(0, 0, 0, -0.5, 0))
    torch.testing.assert_close(moved, _slices() - 15)


def test_noise_has_the_drawn_standard_deviation() -> None:
    noisy = augment(torch.zeros(16, 64, 64), AugmentationSettings(noise_hu=40), _Fixed(0, 0, 0, 0, 0.5))
    assert noisy.std().item() == pytest.approx(20, rel=0.02)
    assert noisy.mean().item() == pytest.approx(0, abs=0.5)


def test_what_is_drawn_stays_within_the_limits(rng) -> None:
    settings = AugmentationSettings(offset_hu=25)
    offsets = np.array([augment(torch.zeros(1, 4, 4), settings, rng)[0, 0, 0].item() for _ in range(500)])
    assert abs(offsets).max() <= 25
    assert offsets.min() < -20
    assert offsets.max() > 20


def test_switching_one_kind_off_leaves_the_others_as_they_were() -> None:
    both = augment(_slices(), AugmentationSettings(shift=0.2, offset_hu=50), np.random.default_rng(1))
    shift = augment(_slices(), AugmentationSettings(shift=0.2), np.random.default_rng(1))
    offset = both - shift
    torch.testing.assert_close(offset, torch.full_like(offset, offset[0, 0, 0].item()), atol=1e-4, rtol=0)


def test_labels_move_as_the_slices_do() -> None:
    labels = torch.zeros(2, 32, 32, dtype=torch.uint8)
    labels[0, 10:20, 8:14] = 3
    labels[1, 4:9, 20:30] = 1
    settings = AugmentationSettings(shift=0.1, scale=0.2)
    for seed in range(5):
        slices = augment((labels > 0).float() * 1000, settings, np.random.default_rng(seed))
        moved = augment_labels(labels, settings, np.random.default_rng(seed))
        assert set(moved.unique().tolist()) <= {0, 1, 3}
        assert ((moved > 0) == (slices > 500)).float().mean() > 0.985
        assert (moved[0] != 1).all()


def test_labels_stay_where_nothing_moves() -> None:
    labels = torch.randint(0, 5, (3, 8, 8), dtype=torch.uint8)
    settings = AugmentationSettings(offset_hu=20, noise_hu=20)
    assert torch.equal(augment_labels(labels, settings, np.random.default_rng(1)), labels)

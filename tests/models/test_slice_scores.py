import numpy as np
import torch

from pleura.models.registry import create_network
from pleura.models.slice_scores import score_slices, small_slices
from pleura.settings import InputSettings

SETTINGS = InputSettings(size=32, window_low=-1000, window_high=1000, mean=0.0, std=500.0, slices=4, subsets=1)


def test_a_slice_is_scored_alike_alone_and_among_others(rng: np.random.Generator) -> None:
    torch.manual_seed(0)
    network = create_network("resnet18", classes=3, width=4)
    network(torch.randn(8, 1, 1, 32, 32))  # leaves statistics in batch norm, which scoring has to use
    slices = rng.integers(-1000, 1000, (7, 32, 32)).astype(np.int16)
    together = score_slices(network, SETTINGS, slices, batch=3)
    assert together.shape == (7, 3)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-12)
    for z in range(7):
        x = torch.from_numpy(slices[z].astype(np.float32) / 500)[None, None, None]
        with torch.inference_mode():
            by_hand = torch.softmax(network.eval()(x).double() / 2.0, dim=1)[0]
        np.testing.assert_allclose(score_slices(network, SETTINGS, slices, temperature=2.0)[z], by_hand, atol=1e-6)
    np.testing.assert_allclose(score_slices(network, SETTINGS, slices, batch=7), together, atol=1e-6)


def test_slices_are_clipped_before_they_are_averaged() -> None:
    hu = np.zeros((1, 64, 64), np.int16)
    hu[0, 0, 0] = 30000  # metal: counts as 1000 over four pixels
    small = small_slices(hu, SETTINGS)
    assert small.shape == (1, 32, 32)
    assert small[0, 0, 0] == 250
    assert np.count_nonzero(small) == 1

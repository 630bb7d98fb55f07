import numpy as np
import pytest

from pleura.data.synthetic.scanner.noise import Reconstruction
from pleura.data.synthetic.scanner.scanners import KERNELS

SIZE = 128


def spread(image: np.ndarray, pixel: float) -> float:
    """Standard deviation of a point's image along x, mm."""
    line = image.sum(0)
    x = (np.arange(SIZE) - SIZE // 2) * pixel
    return float(np.sqrt((line * x**2).sum() / line.sum()))


@pytest.mark.parametrize("kernel", ["soft", "standard"])
def test_a_point_is_blurred_to_the_kernels_spread_and_keeps_its_sum(kernel, rng) -> None:
    point = np.zeros((SIZE, SIZE), np.float32)
    point[SIZE // 2, SIZE // 2] = 1000
    image = Reconstruction(SIZE, 0.2, KERNELS[kernel], noise=0.0)(point, rng)
    assert image.sum() == pytest.approx(1000, rel=1e-4)
    assert spread(image, 0.2) == pytest.approx(KERNELS[kernel].blur, rel=0.01)


def test_a_sharp_kernel_overshoots_at_an_edge(rng) -> None:
    edge = np.zeros((SIZE, SIZE), np.float32)
    edge[:, SIZE // 4 : 3 * SIZE // 4] = 100
    top = {k: Reconstruction(SIZE, 0.5, KERNELS[k], noise=0.0)(edge, rng).max() for k in KERNELS}
    assert top["soft"] < 101
    assert top["standard"] < 101
    assert top["sharp"] > 101


def test_noise_has_the_order_of_its_kernels_no_mean_and_scales(rng) -> None:
    water = np.zeros((SIZE, SIZE), np.float32)
    deviation = {}
    for name, kernel in KERNELS.items():
        image = Reconstruction(SIZE, 0.7, kernel, noise=10.0)(water, rng)
        assert abs(image.mean()) < 0.15 * image.std()
        deviation[name] = image.std()
    assert deviation["soft"] < deviation["standard"] < deviation["sharp"]
    once = Reconstruction(SIZE, 0.7, KERNELS["soft"], 10.0)(water, np.random.default_rng(1))
    twice = Reconstruction(SIZE, 0.7, KERNELS["soft"], 20.0)(water, np.random.default_rng(1))
    assert np.allclose(twice, 2 * once, atol=1e-3)


def test_noise_of_a_soft_kernel_is_smoother(rng) -> None:
    """Neighbouring pixels of a soft image resemble each other more."""

    def likeness(name: str) -> float:
        image = Reconstruction(SIZE, 0.7, KERNELS[name], 10.0)(np.zeros((SIZE, SIZE), np.float32), rng)
        return float(np.corrcoef(image[:, :-1].ravel(), image[:, 1:].ravel())[0, 1])

    assert likeness("soft") > likeness("standard") > likeness("sharp")


def test_rays_through_more_tissue_are_noisier(rng) -> None:
    body = np.full((SIZE, SIZE), -1000, np.float32)
    body[SIZE // 2 :] = 100
    image = Reconstruction(SIZE, 3.0, KERNELS["standard"], 10.0)(body, rng) - body
    assert image[SIZE // 2 + 8 :].std() > 1.5 * image[: SIZE // 2 - 8].std()


def test_a_crisper_scanner_blurs_less(rng) -> None:
    point = np.zeros((SIZE, SIZE), np.float32)
    point[SIZE // 2, SIZE // 2] = 1000
    image = Reconstruction(SIZE, 0.2, KERNELS["soft"], noise=0.0, crispness=1.25)(point, rng)
    assert spread(image, 0.2) == pytest.approx(KERNELS["soft"].blur / 1.25, rel=0.01)


def test_beam_hardening_darkens_the_rows_between_two_bones_and_nothing_else(rng) -> None:
    water = np.zeros((SIZE, SIZE), np.float32)
    water[50:78, 10:30] = water[50:78, 98:118] = 1100  # two bones of 20 mm
    water[:10] = -1000
    clean, hardened = (Reconstruction(SIZE, 1.0, KERNELS["soft"], noise=0.0, hardening=k)(water, rng) for k in (0, 1))
    change = hardened - clean
    assert change[64, 64] == pytest.approx(-0.8 * (40 - 18), abs=1.0), "by hand: 40 mm of bone, 18 are forgiven"
    assert abs(change[64, 20]) < 1.0, "not the bone"
    assert np.abs(change[:40]).max() < 0.1, "not the rows without bone"

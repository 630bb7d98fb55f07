import numpy as np
import pytest

from pleura.data.synthetic.scanner.metal import metal_streaks

SIZE, PIXEL = 128, 2.0
PLACE = (np.mgrid[:SIZE, :SIZE] - SIZE / 2 + 0.5) * PIXEL


def slice_with(*pieces: tuple[float, float], hu: float = 8000.0) -> np.ndarray:
    """Water with balls of metal, 3 mm in radius, at (x, y) mm."""
    image = np.zeros((SIZE, SIZE), np.float32)
    for x, y in pieces:
        image[np.hypot(PLACE[1] - x, PLACE[0] - y) < 3.5] = hu
    return image


def test_no_metal_no_streaks(rng) -> None:
    assert metal_streaks(np.full((64, 64), 900.0, np.float32), 1.0, rng) is None


def test_streaks_fade_from_the_metal_and_spare_it(rng) -> None:
    image = slice_with((10.0, -20.0))
    streaks = metal_streaks(image, PIXEL, rng)
    far = np.hypot(PLACE[1] - 10, PLACE[0] + 20)
    spread = [streaks[(far > a) & (far < b)].std() for a, b in ((6, 12), (20, 30), (60, 80))]
    assert spread[0] > 1.5 * spread[1] > 1.5 * 1.5 * spread[2] > 0
    assert not streaks[image > 1500].any()
    ring = streaks[(far > 20) & (far < 60)]
    assert abs(ring.mean()) < 0.3 * ring.std()


def test_between_two_pieces_lies_a_dark_band(rng) -> None:
    """Rays through both lose more than the sum of what they lose in each: the classic sign of beam hardening."""
    left, right = (-40.0, 0.0), (40.0, 0.0)
    both = np.mean([metal_streaks(slice_with(left, right), PIXEL, rng) for _ in range(60)], axis=0)
    between = (np.abs(PLACE[0]) < 2) & (np.abs(PLACE[1]) < 15)
    beside = (np.abs(PLACE[0]) > 20) & (np.abs(PLACE[0]) < 40) & (np.abs(PLACE[1]) < 15)
    assert both[between].mean() < both[beside].mean() - 10


def test_more_metal_streaks_more(rng) -> None:
    small, large = (metal_streaks(slice_with((0.0, 0.0), hu=hu), PIXEL, rng).std() for hu in (2500.0, 9000.0))
    assert large > 1.5 * small


@pytest.mark.parametrize("size", [128, 256])
def test_streaks_lie_where_the_metal_is_on_every_grid(size, rng) -> None:
    """The strongest ring of streaks is centred on the metal, whether or not they are drawn at half the resolution."""
    pixel = 256.0 / size
    y, x = (np.mgrid[:size, :size] - size / 2 + 0.5) * pixel
    image = np.where(np.hypot(x - 30, y + 50) < 4, 8000, 0).astype(np.float32)
    power = metal_streaks(image, pixel, rng) ** 2
    near = np.hypot(x - 30, y + 50) < 20
    assert (power * x)[near].sum() / power[near].sum() == pytest.approx(30, abs=3)
    assert (power * y)[near].sum() / power[near].sum() == pytest.approx(-50, abs=3)

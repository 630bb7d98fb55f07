import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import IntensityError
from pleura.imaging.grey_levels import Window, from_levels


def test_the_ends_and_the_middle_by_hand() -> None:
    levels = np.array([[0, 51], [204, 255]], np.uint8)
    # 1500 HU over 255 levels: 51 levels are 300 HU
    assert from_levels(levels, Window(-1000, 500)).tolist() == [[-1000, -700], [200, 500]]


def test_nothing_is_below_air() -> None:
    laid = from_levels(np.arange(256, dtype=np.uint8), Window(-1250, 250))
    assert laid.min() == -1024
    assert laid[255] == 250
    assert laid.dtype == np.int16


@given(st.integers(-1024, 0), st.integers(100, 2000), st.integers(-1024, 3000))
def test_a_value_within_the_window_comes_back_to_half_a_step(low: int, width: int, value: int) -> None:
    window = Window(low, low + width)
    held = min(max(value, window.low), window.high)
    level = np.array([round((held - low) / width * 255)], np.uint8)
    assert abs(int(from_levels(level, window)[0]) - held) <= width / 510 + 0.5


@pytest.mark.parametrize(("low", "high"), [(250, -1250), (0, 0), (-100, -50), (-3000, 0), (0, 9000)])
def test_a_window_that_cannot_be_is_refused(low: int, high: int) -> None:
    with pytest.raises(IntensityError, match="need LOW,HIGH in HU"):
        Window(low, high)

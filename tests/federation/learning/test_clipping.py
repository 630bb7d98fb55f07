import numpy as np
import pytest

from federation.tiny import arrays
from pleura.errors import RecipeError
from pleura.federation.learning.clipping import clip_update, first_limits, next_limits
from pleura.federation.learning.settings import ClippingSettings


def test_numbers_beyond_the_limit_are_cut_and_counted_by_tensor() -> None:
    update = arrays(a=[0.5, -0.5, 0.51, -7], b=[[0.1, 0.2]])
    clipped, cut = clip_update(update, {"a": 0.5, "b": 0.125})
    np.testing.assert_array_equal(clipped["a"], np.float32([0.5, -0.5, 0.5, -0.5]))
    np.testing.assert_array_equal(clipped["b"], np.float32([[0.1, 0.125]]))
    assert cut == {"a": 2, "b": 1}
    assert update["a"][3] == -7


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_name(bad: float) -> None:
    with pytest.raises(RecipeError, match=r"update of b is not finite"):
        clip_update(arrays(a=[0], b=[bad]), {"a": 1, "b": 1})


def test_first_limits_are_powers_of_two_at_or_above_the_largest_number() -> None:
    tensors = arrays(exact=[[0.25, -0.125]], above=[[0.26, 0]], bias=[0, 0], large=[1, -3], none=[[0, 0]])
    limits = first_limits(tensors, ClippingSettings())
    assert limits == {"exact": 0.25, "above": 0.5, "bias": 1, "large": 4, "none": 2**-16}
    assert first_limits(tensors, ClippingSettings(first=2))["exact"] == 0.5


@pytest.mark.parametrize(
    ("largest", "cut", "expected"),
    [
        (0.125, 0.0, 1.0),  # 8 times the change
        (0.13, 0.0, 2.0),
        (1e-6, 0.0, 0.25),  # at most a quarter less in a round
        (0.125, 0.002, 2.0),  # too much was cut
        (0.125, 0.001, 1.0),  # as much as is tolerated
        (0.5, 0.9, 4.0),  # the change asks for more than twice
    ],
)
def test_limits_follow_the_change_that_the_mean_made(largest: float, cut: float, expected: float) -> None:
    mean = arrays(w=[0, -largest, largest / 2])
    assert next_limits({"w": 1.0}, mean, {"w": cut}, ClippingSettings()) == {"w": expected}


def test_limits_stop_at_the_least_and_of_nothing_stay() -> None:
    mean = {"w": np.zeros(3, np.float32), "e": np.zeros(0, np.float32)}
    limits = {"w": 2**-12, "e": 0.5}
    for _ in range(5):
        limits = next_limits(limits, mean, {"w": 0.0, "e": 0.0}, ClippingSettings())
    assert limits == {"w": 2**-16, "e": 0.5}

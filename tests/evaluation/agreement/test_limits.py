import numpy as np
import pytest

from pleura.evaluation.agreement.limits import limits_of_agreement


def test_by_hand() -> None:
    found = limits_of_agreement([3, 5, 10], [2, 6, 7])  # differences 1, -1, 3; means 2.5, 5.5, 8.5
    assert found.bias.value == pytest.approx(1)
    assert found.deviation == pytest.approx(2)
    assert found.lower.value == pytest.approx(1 - 1.959963985 * 2)
    assert found.upper.value == pytest.approx(1 + 1.959963985 * 2)
    assert found.slope.value == pytest.approx(1 / 3)
    assert found.bias.low == pytest.approx(1 - 4.302652730 * 2 / 3**0.5)  # t(0.975, 2)


def test_against_r(run_r) -> None:
    rng = np.random.default_rng(5)
    one = rng.normal(100, 20, 30)
    other = one + rng.normal(3, 5, 30) + 0.1 * one
    code = f"""
a <- c({",".join(map(repr, one.tolist()))}); b <- c({",".join(map(repr, other.tolist()))})
d <- a - b; m <- (a + b) / 2; i <- confint(lm(d ~ m))[2, ]
cat(mean(d), t.test(d)$conf.int, sd(d), coef(lm(d ~ m))[2], i)
"""
    bias, low, high, deviation, slope, slope_low, slope_high = map(float, run_r(code).split())
    found = limits_of_agreement(one, other)
    assert (found.bias.value, found.bias.low, found.bias.high) == pytest.approx((bias, low, high), rel=1e-9)
    assert found.deviation == pytest.approx(deviation, rel=1e-9)
    assert (found.slope.value, found.slope.low, found.slope.high) == pytest.approx(
        (slope, slope_low, slope_high), rel=1e-9
    )


def test_intervals_of_limits_hold_the_limit_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        difference = rng.normal(0, 1, 40)
        upper = limits_of_agreement(difference, np.zeros(40)).upper
        held += upper.low <= 1.959963985 <= upper.high
    assert 0.93 < held / 2000 < 0.97


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([1, 2], [1, 2], "three or more pairs"),
        ([1, 2, 3], [1, 2], "three or more pairs"),
        ([1, 2, float("nan")], [1, 2, 3], "finite numbers"),
    ],
)
def test_refusals(first, second, words) -> None:
    with pytest.raises(ValueError, match=words):
        limits_of_agreement(first, second)


def test_equal_means_have_no_slope() -> None:
    assert limits_of_agreement([1, 2, 3], [3, 2, 1]).slope.low is None


def test_where_all_differences_are_equal_no_interval_is_claimed() -> None:
    found = limits_of_agreement([1.0, 2.0, 3.0], [0.5, 1.5, 2.5])
    for one, value in ((found.bias, 0.5), (found.lower, 0.5), (found.upper, 0.5), (found.slope, 0)):
        assert (one.value, one.low, one.high) == (value, None, None)

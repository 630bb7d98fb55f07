"""Calibration slope and recalibration against R's glm, and coverage counted."""

from collections.abc import Callable

import numpy as np
import pytest

from pleura.evaluation.calibration.recalibration import cross_fitted, fit_recalibration
from pleura.evaluation.calibration.slope import calibration_slope, log_odds

PROGRAM = """
y <- c({truth}); p <- c({p}); x <- log(p / (1 - p))
level <- glm(y ~ 1, offset = x, family = binomial, control = list(epsilon = 1e-14, maxit = 100))
line <- glm(y ~ x, family = binomial, control = list(epsilon = 1e-14, maxit = 100))
cat(sprintf("%.17g", c(coef(level), confint.default(level), coef(line)[2], confint.default(line)[2, ], coef(line)[1])))
"""


@pytest.fixture(scope="module")
def case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(12)
    p = np.round(rng.uniform(0.02, 0.98, 130), 6)
    return rng.random(130) < 1 / (1 + np.exp(-(0.6 * log_odds(p) + 0.4))), p


@pytest.fixture(scope="module")
def from_r(case: tuple[np.ndarray, np.ndarray], run_r: Callable[[str], str]) -> np.ndarray:
    truth, p = (", ".join(repr(float(one)) for one in values) for values in case)
    return np.array(run_r(PROGRAM.format(truth=truth, p=p)).split(), dtype=float)


def test_slope_and_intercept_are_those_of_r(case: tuple[np.ndarray, np.ndarray], from_r: np.ndarray) -> None:
    found = calibration_slope(*case)
    ours = [found.intercept.value, found.intercept.low, found.intercept.high]
    ours += [found.slope.value, found.slope.low, found.slope.high]
    np.testing.assert_allclose(ours, from_r[:6], rtol=1e-7)
    assert (found.observed, found.said) == (pytest.approx(case[0].mean()), pytest.approx(case[1].mean()))


def test_platt_and_shift_are_those_of_r(case: tuple[np.ndarray, np.ndarray], from_r: np.ndarray) -> None:
    truth, p = case
    both = np.stack([1 - p, p], axis=1)
    platt = fit_recalibration(truth, both, "platt")
    assert platt.scale == pytest.approx(from_r[3], rel=1e-6)
    assert platt.shifts[1] - platt.shifts[0] == pytest.approx(from_r[6], rel=1e-6)
    shift = fit_recalibration(truth, both, "shift")
    assert (shift.scale, shift.shifts[1] - shift.shifts[0]) == (1.0, pytest.approx(from_r[0], rel=1e-6))
    mapped = platt.apply(both)
    np.testing.assert_allclose(mapped[:, 1], 1 / (1 + np.exp(-(from_r[3] * log_odds(p) + from_r[6]))), atol=1e-7)
    after = calibration_slope(truth, mapped[:, 1])
    assert (after.slope.value, after.intercept.value) == (pytest.approx(1, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_right_probabilities_have_slope_1_as_often_as_said() -> None:
    rng = np.random.default_rng(6)
    held = np.zeros(2)
    for _ in range(250):
        p = rng.uniform(0.05, 0.95, 100)
        found = calibration_slope(rng.random(100) < p, p)
        held += [found.slope.low <= 1 <= found.slope.high, found.intercept.low <= 0 <= found.intercept.high]
    assert ((held / 250 > 0.9) & (held / 250 <= 0.99)).all()


def test_cases_of_one_patient_widen_the_interval(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, p = case
    once = calibration_slope(truth, p)
    four = calibration_slope(
        np.tile(truth, 4), np.tile(p, 4), patients=[str(index) for index in range(130)] * 4, resamples=400
    )
    assert four.slope.value == pytest.approx(once.slope.value)
    assert four.slope.method == "bootstrap"
    assert four.slope.high - four.slope.low == pytest.approx(once.slope.high - once.slope.low, rel=0.25)


@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        ([1, 1], [0.2, 0.3], "with and without"),
        ([0, 1, 1], [0.5, 0.5, 0.5], "all probabilities are equal"),
        ([0, 0, 1], [0.1, 0.2, 0.8], "no end"),
    ],
)
def test_a_fit_without_an_end_is_refused(truth: list[int], p: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration_slope(truth, p)


def test_held_out_recalibration_is_worse_than_that_on_its_own_cases(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, p = case
    both = np.stack([1 - p, p], axis=1)
    own = fit_recalibration(truth, both, "isotonic").apply(both)
    out = cross_fitted(truth, both, "isotonic", seed=1)

    def brier(q: np.ndarray) -> float:
        return float(((q[:, 1] - truth) ** 2).mean())

    assert brier(own) < brier(out)

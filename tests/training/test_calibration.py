"""Temperatures: against the recalibration by Newton's method, and by what is known of the truth."""

import numpy as np
import pytest

from pleura.evaluation.calibration.recalibration import fit_recalibration
from pleura.evaluation.multiclass import log_loss
from pleura.training.calibration import calibrate, fit_temperature, probabilities_at


def _sure(cases: int, seed: int, *, temperature: float, classes: int = 3, subsets: int = 1) -> tuple:
    """Logits that are `temperature` times those that the truths were drawn from."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.5, size=(cases, 1, classes)).repeat(subsets, axis=1)
    p = probabilities_at(logits, 1.0)
    truth = (generator.random(cases)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    return logits * temperature, truth


def test_with_one_subset_it_is_the_recalibration_by_newtons_method() -> None:
    logits, truth = _sure(300, 1, temperature=1.3)
    found = fit_temperature(logits, truth)
    other = fit_recalibration(truth, probabilities_at(logits, 1.0), "temperature")
    assert found.value == pytest.approx(1 / other.scale, rel=1e-5)
    assert found.low < 1.3 < found.high


def test_the_interval_is_where_the_likelihood_falls_by_192() -> None:
    logits, truth = _sure(120, 2, temperature=1.0, subsets=2)
    found = fit_temperature(logits, truth)

    def total(at: float) -> float:
        return log_loss(probabilities_at(logits, at), truth) * len(truth)

    grid = np.exp(np.linspace(np.log(0.2), np.log(5), 401))
    inside = [at for at in grid if total(at) <= total(found.value) + 1.920729]
    assert (found.low, found.high) == (pytest.approx(inside[0], rel=1e-2), pytest.approx(inside[-1], rel=1e-2))


def test_the_interval_holds_the_true_temperature_as_often_as_it_says() -> None:
    held = 0
    for seed in range(40):
        found = fit_temperature(*_sure(80, 100 + seed, temperature=1.7))
        held += found.low <= 1.7 <= found.high
    assert held >= 34  # of 40 at 95 %: fewer with a chance of 1 in 100


def test_the_mean_over_subsets_is_what_is_calibrated() -> None:
    logits = np.array([[[4.0, 0.0], [0.0, 4.0]]])
    np.testing.assert_allclose(probabilities_at(logits, 2.0), [[0.5, 0.5]])
    e = np.exp(2.0)
    np.testing.assert_allclose(probabilities_at(logits[:, :1], 2.0), [[e / (1 + e), 1 / (1 + e)]])


def test_a_model_that_is_too_sure_is_mended_on_cases_that_did_not_choose() -> None:
    logits, truth = _sure(400, 3, temperature=3.0)
    temperature, metrics = calibrate(logits, truth, [f"p{i}" for i in range(400)], what="400 cases")
    facts = metrics["calibration"]
    assert temperature == pytest.approx(3.0, rel=0.25)
    assert facts["log_loss_after"] < facts["log_loss_before"] - 0.1
    assert facts["ece_after"] < facts["ece_before"] / 2
    assert facts["low"] < temperature < facts["high"]
    assert facts["summary"].startswith(f"Temperature {temperature:.2f} (95 % interval {facts['low']:.2f} to ")
    assert facts["summary"].endswith("; 400 cases")
    curve = metrics["reliability"]
    assert sum(curve["cases"]) == 400
    right = float(np.dot(curve["right"], curve["cases"])) / 400
    top = probabilities_at(logits, temperature).argmax(axis=1)
    assert right == pytest.approx((top == truth).mean(), abs=1e-3)
    assert curve["probability"] == sorted(curve["probability"])
    for low, share, high in zip(curve["right_low"], curve["right"], curve["right_high"], strict=True):
        assert low <= share <= high


@pytest.mark.parametrize(
    ("cases", "temperature", "why"),
    [
        (49, 3.0, "stays at 1: 49 cases, "),
        (60, 1.0, " does not lower the log loss of other cases; "),
    ],
)
def test_it_stays_at_1_by_a_stated_rule(cases: int, temperature: float, why: str) -> None:
    logits, truth = _sure(cases, 6, temperature=temperature)
    value, metrics = calibrate(logits, truth, [str(i) for i in range(cases)], what="cases")
    facts = metrics["calibration"]
    assert value == 1.0
    assert why in facts["summary"]
    assert facts["log_loss_after"] == facts["log_loss_before"]


def test_it_stays_at_1_where_a_class_is_rare_or_the_fit_has_no_end() -> None:
    logits, truth = _sure(100, 7, temperature=2.0)
    truth[truth == 2] = 0
    assert (
        "0 of the rarest class, are too few"
        in calibrate(logits, truth, list(map(str, range(100))), what="")[1]["calibration"]["summary"]
    )
    truth = np.arange(100) % 2
    apart = np.stack([1.0 - truth, truth], axis=1)[:, None] * 2.0
    value, metrics = calibrate(apart, truth, list(map(str, range(100))), what="")
    assert value == 1.0
    assert "there is nothing to learn from" in metrics["calibration"]["summary"]
    with pytest.raises(ValueError, match="a truth each"):
        fit_temperature(apart, truth[:3])

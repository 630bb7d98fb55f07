"""DeLong's tests, partial areas and intervals against R's pROC, on scores with ties and on a published data set."""

from collections.abc import Callable

import numpy as np
import pytest

from pleura.evaluation.comparison.areas import delong_paired, delong_unpaired
from pleura.evaluation.intervals.delong import auc_interval, components, covariance
from pleura.evaluation.partial_area import areas

PARTS = [("specificity", 0.9, 1.0), ("specificity", 0.31, 0.77), ("sensitivity", 0.8, 1.0), ("sensitivity", 0.42, 0.48)]

PROGRAM = """
emit <- function(...) cat(sprintf("%.17g", c(...)), "\\n")
y <- c({truth}); a <- c({first}); b <- c({second}); z <- c({truth_other}); w <- c({other})
data(aSAH)
sets <- list(
  list(y, a, b, z, w),
  list(as.numeric(aSAH$outcome == "Poor"), aSAH$s100b, aSAH$wfns, as.numeric(aSAH$outcome == "Poor"), aSAH$ndka))
for (s in sets) {{
  r1 <- roc(s[[1]], s[[2]], levels = 0:1, direction = "<")
  r2 <- roc(s[[1]], s[[3]], levels = 0:1, direction = "<")
  r3 <- roc(s[[4]], s[[5]], levels = 0:1, direction = "<")
  emit(s[[1]]); emit(s[[2]]); emit(s[[3]]); emit(s[[4]]); emit(s[[5]])
  emit(auc(r1), auc(r2), auc(r3), var(r1), var(r2), cov(r1, r2), ci.auc(r1))
  p <- roc.test(r1, r2, method = "delong", paired = TRUE)
  u <- roc.test(r1, r3, method = "delong", paired = FALSE)
  emit(p$statistic, p$p.value, p$conf.int, u$statistic, u$parameter, u$p.value)
  for (part in list({parts})) {{
    range <- as.numeric(part[2:3])
    emit(auc(r1, partial.auc = range, partial.auc.focus = part[1]),
      auc(r1, partial.auc = range, partial.auc.focus = part[1], partial.auc.correct = TRUE,
        allow.invalid.partial.auc.correct = TRUE))
  }}
}}
"""


def _vector(values: np.ndarray) -> str:
    return ", ".join(repr(float(one)) for one in values)


@pytest.fixture(scope="module")
def answers(run_r: Callable[[str], str]) -> list[list[np.ndarray]]:
    """For each of two data sets, the lines that R printed."""
    rng = np.random.default_rng(8)
    truth, other = rng.random(90) < 0.4, rng.random(70) < 0.5
    scores = rng.integers(0, 12, (2, 90)) + 4 * truth
    lines = run_r(
        PROGRAM.format(
            truth=_vector(truth),
            first=_vector(scores[0]),
            second=_vector(scores[1]),
            truth_other=_vector(other),
            other=_vector(rng.integers(0, 12, 70) + 2 * other),
            parts=", ".join(f'c("{axis}", {low}, {high})' for axis, low, high in PARTS),
        )
    )
    read = [np.array(line.split(), dtype=float) for line in lines.splitlines()]
    return [read[: len(read) // 2], read[len(read) // 2 :]]


@pytest.mark.parametrize("which", [0, 1])
def test_areas_and_tests_are_those_of_proc(answers: list[list[np.ndarray]], which: int) -> None:
    truth, a, b, truth_other, other, areas_of, tests, *_ = answers[which]
    parts = components(truth, np.stack([a, b]))
    spread = covariance(parts)
    interval = auc_interval(truth, a, kind="delong")
    third = components(truth_other, other).auc[0]
    ours = [*parts.auc, third, spread[0, 0], spread[1, 1], spread[0, 1], interval.low, interval.value, interval.high]
    np.testing.assert_allclose(ours, areas_of, atol=1e-10)
    paired, unpaired = delong_paired(truth, a, b), delong_unpaired((truth, a), (truth_other, other))
    ours = [paired.statistic, paired.p, paired.low, paired.high, unpaired.statistic, unpaired.degrees, unpaired.p]
    np.testing.assert_allclose(ours, tests, rtol=1e-8)
    assert unpaired.difference == pytest.approx(parts.auc[0] - third)
    assert unpaired.low < unpaired.difference < unpaired.high


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("part", range(len(PARTS)))
def test_partial_areas_are_those_of_proc(answers: list[list[np.ndarray]], which: int, part: int) -> None:
    truth, a = answers[which][:2]
    axis, low, high = PARTS[part]
    once = np.ones((1, len(truth)))
    found = areas(truth, a, once, low=low, high=high, axis=axis)[0]
    expected, corrected = answers[which][7 + part]
    assert found == pytest.approx(expected, abs=1e-10)
    least = (high - low) * (1 - (high + low) / 2)
    assert (1 + (found - least) / (high - low - least)) / 2 == pytest.approx(corrected, abs=1e-10)


def test_the_published_data_set_has_its_published_areas(answers: list[list[np.ndarray]]) -> None:
    """S100 beta, WFNS and NDKA: 0.731, 0.824, 0.612; X. Robin and others, BMC Bioinformatics 12 (2011) 77."""
    np.testing.assert_allclose(answers[1][5][:3], [0.731, 0.824, 0.612], atol=5e-4)


def test_two_faultless_curves_have_no_test() -> None:
    truth, scores = [0, 0, 1, 1], [1, 2, 3, 4]
    paired = delong_paired(truth, scores, scores)
    unpaired = delong_unpaired((truth, scores), (truth, scores))
    for one in (paired, unpaired):
        assert (one.difference, one.low, one.p, one.statistic) == (0.0, None, None, None)
    assert str(paired) == "+0.000 (no interval)"


def test_swapping_turns_the_sign(rng: np.random.Generator) -> None:
    truth = rng.random(40) < 0.5
    a, b = rng.random((2, 40))
    one, other = delong_paired(truth, a, b), delong_paired(truth, b, a)
    assert (one.low, one.high, one.p) == pytest.approx((-other.high, -other.low, other.p))


def test_wrong_shapes_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="one score a case"):
        delong_paired([0, 1], [[1, 2]], [1, 2])
    with pytest.raises(ValueError, match="confidence"):
        delong_paired([0, 0, 1, 1], [1, 2, 3, 4], [1, 2, 3, 4], confidence=95)

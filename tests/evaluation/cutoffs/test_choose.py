"""Cut-offs against a search over all thresholds, and by hand."""

import numpy as np
import pytest

from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off, read_rule

RULES = [Rule("youden"), Rule("sensitivity", 0.9), Rule("specificity", 0.8), Rule("sensitivity", 1.0)]


def _rates(truth: np.ndarray, scores: np.ndarray, threshold: float) -> tuple[float, float]:
    called = scores >= threshold
    return float(called[truth].mean()), float((~called[~truth]).mean())


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("levels", [6, 1000])
def test_no_threshold_does_better(rule: Rule, levels: int, rng: np.random.Generator) -> None:
    truth = rng.random(70) < 0.4
    scores = rng.integers(0, levels, 70) / levels + 0.2 * truth
    found = choose_cut_off(truth, scores, rule)
    assert _rates(truth, scores, found.threshold) == pytest.approx((found.sensitivity, found.specificity))
    tried = [_rates(truth, scores, one) for one in (*np.unique(scores), 9.0)]
    if rule.kind == "youden":
        assert found.sensitivity + found.specificity == pytest.approx(max(a + b for a, b in tried))
    elif rule.kind == "sensitivity":
        assert found.sensitivity >= rule.target
        assert found.specificity == pytest.approx(max(b for a, b in tried if a >= rule.target))
    else:
        assert found.specificity >= rule.target
        assert found.sensitivity == pytest.approx(max(a for a, b in tried if b >= rule.target))


def test_by_hand() -> None:
    """Scores 1 2 4 without, 3 5 6 with the condition: from 3 on all with it and one without, from 5 on two and none."""
    truth, scores = [0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6]
    youden = choose_cut_off(truth, scores, Rule("youden"))
    assert (youden.threshold, youden.sensitivity, youden.specificity) == (2.5, 1.0, pytest.approx(2 / 3))
    strict = choose_cut_off(truth, scores, Rule("specificity", 1.0))
    assert (strict.threshold, strict.sensitivity) == (4.5, pytest.approx(2 / 3))
    assert (strict.positives, strict.negatives) == (3, 3)


def test_where_every_or_no_case_must_be_called() -> None:
    all_called = choose_cut_off([0, 1, 1, 0], [3, 1, 2, 1.5], Rule("sensitivity", 1.0))
    assert (all_called.threshold, all_called.specificity) == (1, 0)
    none_called = choose_cut_off([0, 1, 1, 0], [3, 1, 2, 1.5], Rule("specificity", 1.0))
    assert none_called.threshold > 3
    assert none_called.sensitivity == 0


def test_rules_as_users_write_them() -> None:
    assert read_rule("youden") == Rule("youden")
    assert read_rule("specificity = 0.9") == Rule("specificity", 0.9)
    assert str(Rule("sensitivity", 0.95)) == "sensitivity of at least 0.95"
    for wrong in ("best", "youden=0.5", "sensitivity", "sensitivity=high", "specificity=2"):
        with pytest.raises(ValueError, match="for a cut-off"):
            read_rule(wrong)


def test_scores_that_are_all_equal_have_no_cut_off() -> None:
    with pytest.raises(ValueError, match="all scores are equal"):
        choose_cut_off([0, 1], [2, 2], Rule("youden"))

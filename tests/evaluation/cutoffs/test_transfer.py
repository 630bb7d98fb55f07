"""Cut-offs judged on other cases, and the warning where the cases are the same."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.cutoffs.transfer import transfer_cut_offs
from pleura.evaluation.predictions import Predictions

QUICK = IntervalSettings(resamples=100)
YOUDEN = Rule("youden")


def _predictions(rng: np.random.Generator, name: str, count: int = 60) -> Predictions:
    truth = rng.integers(0, 3, count)
    scores = rng.dirichlet(np.ones(3), count) + 0.3 * np.eye(3)[truth]
    names = tuple(f"{name}{index}" for index in range(count))
    return Predictions(("a", "b", "c"), names, truth, scores, patients=tuple(f"{name}{i // 2}" for i in range(count)))


def test_other_cases_are_judged_by_the_cut_off_as_it_is(rng: np.random.Generator) -> None:
    here, there = _predictions(rng, "n"), _predictions(rng, "s")
    found = transfer_cut_offs(here, there, [YOUDEN, Rule("specificity", 0.9)], settings=QUICK)
    assert list(found) == ["a", "b", "c"]
    one = found["b"][0]
    expected = choose_cut_off(here.truth == 1, here.scores[:, 1], YOUDEN)
    assert one.cut_off == expected
    called = there.scores[:, 1] >= expected.threshold
    assert one.result.sensitivity.hits == (called & (there.truth == 1)).sum()
    assert one.result.specificity.hits == (~called & (there.truth != 1)).sum()
    assert one.result.specificity.method == "bootstrap"
    assert (one.overlap, one.warning) == (0, None)


def test_cases_it_was_chosen_on_bring_a_warning(rng: np.random.Generator) -> None:
    here, there = _predictions(rng, "n"), _predictions(rng, "s")
    same = transfer_cut_offs(here, here, [YOUDEN], settings=QUICK)["a"][0]
    assert same.overlap == 30  # patients
    assert "look better" in same.warning
    mixed = replace(there, patients=("n1", *there.patients[1:]))
    assert transfer_cut_offs(here, mixed, [YOUDEN], settings=QUICK)["a"][0].overlap == 1
    unnamed = replace(here, patients=None)
    assert transfer_cut_offs(unnamed, here, [YOUDEN], settings=QUICK)["a"][0].overlap == 60  # cases


def test_chosen_on_the_same_cases_it_looks_better_than_it_is() -> None:
    """Scores that know nothing: Youden's index is above 0 where it was chosen, and 0 on the average elsewhere."""
    rng = np.random.default_rng(3)
    gained, kept = [], []
    for _ in range(60):
        truth, other = rng.permutation(40) < 20, rng.permutation(40) < 20
        scores, elsewhere = rng.random((2, 40))
        cut = choose_cut_off(truth, scores, YOUDEN)
        gained.append(cut.sensitivity + cut.specificity - 1)
        called = elsewhere >= cut.threshold
        kept.append(called[other].mean() - called[~other].mean())
    assert np.mean(gained) > 0.15
    assert abs(np.mean(kept)) < 0.08


def test_classes_that_differ_are_refused_and_empty_ones_left_out(rng: np.random.Generator) -> None:
    here = _predictions(rng, "n")
    with pytest.raises(ValueError, match="same classes"):
        transfer_cut_offs(here, replace(here, classes=("a", "b", "d")), [YOUDEN], settings=QUICK)
    without = here.of(here.truth != 2)
    assert list(transfer_cut_offs(here, without, [YOUDEN], settings=QUICK)) == ["a", "b"]

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.evaluation.roc import auc
from pleura.training.clinical.gaps import check_gaps, gap_scores
from training.clinical.small import small_cases


def test_scores_by_hand() -> None:
    gaps = np.array([[1, 0], [0, 0], [0, 1], [0, 1], [1, 1], [0, 0]], dtype=bool)
    positive = np.array([True, True, False, False, True, False])
    fold = np.array([0, 0, 0, 0, 1, 1])
    scores = gap_scores(gaps, positive, fold)
    # fold 1 by fold 0: of two cases each, a gap in the first feature 1 and 0 times, in the second 0 and 2 times
    first, second = (2 / 4, 1 / 4), (1 / 4, 3 / 4)
    both = np.log(first[0] / first[1]) + np.log(second[0] / second[1])
    neither = np.log((1 - first[0]) / (1 - first[1])) + np.log((1 - second[0]) / (1 - second[1]))
    np.testing.assert_allclose(scores[4:], [both, neither])


def test_gaps_that_tell_the_disease_are_suspected_and_gaps_at_random_are_not(drawn: Path) -> None:
    cases = small_cases(drawn)
    generator = np.random.default_rng(4)
    whole = np.nan_to_num(cases.table.values, nan=40.0)
    people = {name: place for place, name in enumerate(dict.fromkeys(cases.patients))}
    fold = np.array([people[name] % 3 for name in cases.patients])
    at_random = np.where(generator.random(whole.shape) < 0.3, np.nan, whole)
    by_source = whole.copy()
    by_source[~cases.positive, 0] = np.nan
    by_source[:8, 0] = np.nan
    found = {}
    for name, values in (("random", at_random), ("source", by_source), ("none", whole)):
        changed = replace(cases, table=replace(cases.table, values=values))
        found[name] = check_gaps(changed, fold, resamples=300, seed=0)
    assert found["none"].auc is None
    assert not found["none"].suspicious
    assert not found["random"].suspicious
    assert found["source"].suspicious
    source = found["source"].auc
    assert source is not None
    assert source.method == "bootstrap", "the first patients have two cases"
    assert source.value == pytest.approx(auc(cases.positive, -np.isnan(by_source[:, 0]).astype(float)), abs=0.02)
    assert found["source"].shares["age_years"] == pytest.approx((4 / 36, 1.0))

"""Results by class against slow definitions, scikit-learn, and cases worked by hand."""

import numpy as np
import pytest
from sklearn import metrics

from pleura.evaluation.classification import IntervalSettings, evaluate_answers, evaluate_classes
from pleura.evaluation.intervals.proportions import wilson

QUICK = IntervalSettings(resamples=200)


def test_three_classes_by_hand() -> None:
    truth = [0, 0, 1, 1, 2]
    p = [[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]]
    result = evaluate_classes(truth, p, ("a", "b", "c"), settings=QUICK)
    assert (result.accuracy.hits, result.accuracy.total) == (3, 5)
    assert result.confusion.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    a, b, c = result.classes
    assert (a.sensitivity.hits, a.sensitivity.total, a.specificity.hits, a.specificity.total) == (1, 2, 2, 3)
    assert (b.sensitivity.hits, b.specificity.hits) == (2, 2)
    assert (c.sensitivity.hits, c.specificity.hits) == (0, 4)
    assert (a.ppv.hits, a.ppv.total, a.npv.hits, a.npv.total) == (1, 2, 2, 3)
    assert c.ppv is None  # nothing was called c
    assert a.auc.value == pytest.approx((1 + 1 + 1 + 1 + 1 + 0) / 6)  # 0.8 above all three, 0.3 above 0.2 and 0.1
    assert c.auc.value == 1.0
    assert result.balanced_accuracy.value == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert result.macro_specificity.value == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert result.macro_f1.value == pytest.approx((1 / 2 + 4 / 5 + 0) / 3)
    assert result.macro_auc.value == pytest.approx((5 / 6 + 1 + 1) / 3)


def test_against_scikit_learn(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 4, 150)
    p = rng.dirichlet(np.ones(4), 150)
    said = p.argmax(axis=1)
    result = evaluate_classes(truth, p, "abcd", settings=QUICK)
    assert result.macro_auc.value == pytest.approx(metrics.roc_auc_score(truth, p, multi_class="ovr"))
    assert result.macro_f1.value == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    assert result.balanced_accuracy.value == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    np.testing.assert_array_equal(result.confusion, metrics.confusion_matrix(truth, said))
    for one in (result.balanced_accuracy, result.macro_auc, result.macro_f1, result.macro_specificity):
        assert one.low < one.value < one.high


def test_a_threshold_moves_the_calls_and_not_the_answer() -> None:
    truth, p = [0, 0, 1, 1], [[0.9, 0.1], [0.55, 0.45], [0.45, 0.55], [0.7, 0.3]]
    at_answer = evaluate_classes(truth, p, "ab", settings=QUICK)
    at_lower = evaluate_classes(truth, p, "ab", threshold=0.3, settings=QUICK)
    assert at_answer.classes[1].sensitivity.hits == 1
    assert (at_lower.classes[1].sensitivity.hits, at_lower.classes[1].specificity.hits) == (2, 1)
    np.testing.assert_array_equal(at_lower.confusion, at_answer.confusion)
    assert at_lower.balanced_accuracy.value == at_answer.balanced_accuracy.value == 0.75


def test_a_class_without_cases_has_no_numbers_and_no_part_in_means() -> None:
    result = evaluate_classes([0, 0, 1], [[0.9, 0.1, 0], [0.2, 0.1, 0.7], [0.3, 0.7, 0]], "abc", settings=QUICK)
    assert result.classes[2].sensitivity is None
    assert result.classes[2].auc is None
    assert (result.classes[2].specificity.hits, result.classes[2].positives) == (2, 0)
    assert result.balanced_accuracy.value == pytest.approx(0.75)
    assert result.macro_specificity.value == 1.0
    alone = evaluate_classes([0, 0], [[0.9, 0.1], [0.2, 0.8]], "ab", settings=QUICK)
    assert (alone.classes[0].specificity, alone.classes[0].auc) == (None, None)


def test_repeated_patients_widen_the_intervals(rng: np.random.Generator) -> None:
    """Every case four times over: four times as many cases, and not one more patient."""
    truth = rng.integers(0, 2, 60)
    p = np.clip(0.5 + (truth - 0.5) * 0.3 + rng.normal(0, 0.25, 60), 0.01, 0.99)
    p = np.stack([1 - p, p], axis=1)
    people = [str(index) for index in range(60)]
    once = evaluate_classes(truth, p, "ab", patients=people)
    four = evaluate_classes(np.tile(truth, 4), np.tile(p, (4, 1)), "ab", patients=people * 4)
    naive = evaluate_classes(np.tile(truth, 4), np.tile(p, (4, 1)), "ab")
    assert (four.cases, four.patients, four.clustered, once.clustered) == (240, 60, True, False)
    assert {four.accuracy.method, four.classes[0].auc.method} == {"bootstrap"}
    for find in (lambda r: r.accuracy, lambda r: r.classes[0].sensitivity, lambda r: r.classes[0].auc):
        width = find(four).high - find(four).low
        assert width == pytest.approx(find(once).high - find(once).low, rel=0.25)
        assert width > 1.5 * (find(naive).high - find(naive).low)


def test_faultless_repeated_cases_count_as_their_patients() -> None:
    result = evaluate_classes([0] * 6 + [1] * 6, np.eye(2)[[0] * 6 + [1] * 6], "ab", patients=list("aabbccddeeff"))
    assert (result.accuracy.low, result.accuracy.method) == (wilson(6, 6).low, "wilson-patients")
    assert result.classes[0].auc.method == "none"


def test_answers_of_a_reader_have_no_area() -> None:
    result = evaluate_answers([0, 1, 1], [0, 1, 0], "ab", settings=QUICK)
    assert result.classes[1].auc is None
    assert result.macro_auc is None
    assert result.classes[1].sensitivity.hits == 1


@pytest.mark.parametrize(
    ("truth", "p"),
    [([], np.zeros((0, 2))), ([0], [[0.5, 0.5], [0.5, 0.5]]), ([2], [[0.5, 0.5]]), ([-1], [[0.5, 0.5]])],
)
def test_what_does_not_fit_is_refused(truth: list[int], p: object) -> None:
    with pytest.raises(ValueError, match="need"):
        evaluate_classes(truth, p, ("a", "b"))


def test_patients_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="need a patient a case"):
        evaluate_classes([0, 1], np.eye(2), "ab", patients=["a"])


@pytest.mark.parametrize("wrong", [{"confidence": 95}, {"auc": "wald"}, {"resamples": 10}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="need"):
        IntervalSettings(**wrong)


def test_a_class_of_four_gives_wilson_and_delong_but_no_bootstrap() -> None:
    truth = [0] * 4 + [1] * 6
    p = np.eye(2)[[0, 0, 0, 1, 1, 1, 1, 1, 0, 0]] * 0.5 + 0.25
    result = evaluate_classes(truth, p, "ab", settings=QUICK)
    assert result.classes[0].sensitivity == wilson(3, 4)
    assert result.classes[0].auc.method == "delong-logit"
    assert {one.method for one in (result.classes[0].f1, result.balanced_accuracy, result.macro_auc)} == {"none"}


def test_the_ways_to_an_interval_that_can_be_chosen() -> None:
    rng = np.random.default_rng(2)
    truth = np.arange(60) % 2
    p = np.clip(0.5 + 0.2 * (2 * truth - 1) + 0.3 * rng.standard_normal(60), 0, 1)
    both = np.stack([1 - p, p], axis=1)
    chosen = {
        kind: evaluate_classes(
            truth, both, "ab", settings=IntervalSettings(auc="bootstrap", proportions=kind, resamples=300)
        ).classes[1]
        for kind in ("wilson", "clopper-pearson", "bootstrap")
    }
    assert [one.sensitivity.method for one in chosen.values()] == list(chosen)
    assert {one.auc.method for one in chosen.values()} == {"bootstrap"}
    widths = [one.sensitivity.high - one.sensitivity.low for one in chosen.values()]
    assert widths[1] > widths[0]
    hits, total = chosen["wilson"].sensitivity.hits, chosen["wilson"].sensitivity.total
    false = 30 - chosen["wilson"].specificity.hits
    assert chosen["wilson"].lr_positive.value == pytest.approx((hits / total) / (false / 30))


def test_micro_auc_is_over_all_pairs_of_a_case_and_a_class(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 50)
    p = rng.dirichlet(np.ones(3), 50)
    found = evaluate_classes(truth, p, "abc", settings=QUICK).micro_auc
    of_true = [p[i, truth[i]] for i in range(50)]
    of_others = [p[i, k] for i in range(50) for k in range(3) if k != truth[i]]
    pairs = [(a > b) + 0.5 * (a == b) for a in of_true for b in of_others]
    assert found.value == pytest.approx(np.mean(pairs))
    assert found.method == "bootstrap"
    assert evaluate_classes(truth % 2, p[:, :2], "ab", settings=QUICK).micro_auc is None


def test_likelihood_ratios_of_repeated_patients_come_from_resampling_them() -> None:
    truth = np.arange(48) % 2
    answer = np.where(np.arange(48) % 5 == 0, 1 - truth, truth)
    people = [str(index // 4) + "ab"[index % 2] for index in range(48)]
    found = evaluate_classes(truth, np.eye(2)[answer], "ab", patients=people, settings=QUICK).classes[1]
    assert found.lr_positive.method == found.lr_negative.method == "bootstrap"
    assert found.lr_positive.low <= found.lr_positive.value <= found.lr_positive.high

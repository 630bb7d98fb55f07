import numpy as np
import pytest
from sklearn import metrics

from pleura.evaluation.multiclass import accuracy, balanced_accuracy, confusion_matrix, log_loss


def test_against_scikit_learn(rng) -> None:
    labels = rng.integers(0, 4, 200)
    probabilities = rng.dirichlet(np.ones(4), 200)
    answers = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(confusion_matrix(probabilities, labels), metrics.confusion_matrix(labels, answers))
    assert accuracy(probabilities, labels) == pytest.approx(metrics.accuracy_score(labels, answers))
    assert balanced_accuracy(probabilities, labels) == pytest.approx(metrics.balanced_accuracy_score(labels, answers))
    assert log_loss(probabilities, labels) == pytest.approx(metrics.log_loss(labels, probabilities, labels=range(4)))


def test_by_hand_with_a_class_that_does_not_occur() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.2, 0.5, 0.3], [0.6, 0.2, 0.2]])
    labels = np.array([0, 1, 1])
    assert accuracy(probabilities, labels) == pytest.approx(2 / 3)
    assert balanced_accuracy(probabilities, labels) == pytest.approx((1 + 1 / 2) / 2)
    assert log_loss(probabilities, labels) == pytest.approx(-np.log(0.5 * 0.5 * 0.2) / 3)


def test_a_true_class_given_no_chance_costs_much_but_not_everything() -> None:
    assert log_loss(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-12))


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [(np.ones((2, 2)), np.array([0])), (np.ones(2), np.array([0, 1])), (np.ones((0, 2)), np.zeros(0, int))],
)
def test_shapes_that_do_not_fit_are_refused(probabilities: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="need"):
        accuracy(probabilities, labels)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_past_the_classes_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match="do not fit 2 classes"):
        log_loss(np.ones((1, 2)) / 2, np.array([label]))

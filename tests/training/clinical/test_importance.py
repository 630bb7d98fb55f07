import numpy as np

from models.clinical_svm.machines import fitted, gappy_values
from pleura.evaluation.roc import auc
from pleura.training.clinical.importance import permutation_importance


def test_importance_is_the_mean_loss_over_shuffles(rng: np.random.Generator) -> None:
    values, truth = gappy_values(rng)
    svm = fitted("rbf", values, truth)[0]
    new, new_truth = gappy_values(rng)
    new[:, 1] = 1.0  # the same for all: shuffling it changes nothing
    found = permutation_importance(svm, new, new_truth, shuffles=2, generator=np.random.default_rng(5))
    again, whole = np.random.default_rng(5), auc(new_truth, svm.decision(new))
    by_hand = []
    for feature in range(4):
        areas = []
        for _ in range(2):
            shuffled = new.copy()
            shuffled[:, feature] = new[again.permutation(len(new)), feature]
            areas.append(auc(new_truth, svm.decision(shuffled)))
        by_hand.append(whole - np.mean(areas))
    np.testing.assert_allclose(found, by_hand, atol=1e-12)
    assert found[1] == 0
    assert found[0] > 0

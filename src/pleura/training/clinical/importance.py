"""A machine and held-out cases in; by how much its AUC falls when a feature's values are shuffled among them, out."""

import numpy as np
import numpy.typing as npt

from pleura.evaluation.roc import auc
from pleura.models.clinical_svm.machine import ClinicalSvm

__all__ = ["permutation_importance"]


def permutation_importance(
    svm: ClinicalSvm,
    values: npt.NDArray[np.float64],
    positive: npt.NDArray[np.bool_],
    *,
    shuffles: int,
    generator: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Shuffle one feature at a time, its gaps with it, and see what the AUC loses.

    Features that say the same share their importance: shuffling one leaves the other to speak.

    Parameters
    ----------
    svm : not fitted on these cases
    values : (cases, features), NaN for a gap
    positive : (cases,), both classes
    shuffles : of each feature, 1 or more; their mean is given
    generator : draws them

    Returns
    -------
    (features,), AUC as it is less AUC shuffled.

    References
    ----------
    L. Breiman, Random forests, Machine Learning 45 (2001) 5-32.
    """
    whole = auc(positive, svm.decision(values))
    lost = np.zeros(values.shape[1])
    for feature in range(values.shape[1]):
        changed = values.copy()
        for _ in range(shuffles):
            changed[:, feature] = generator.permutation(values[:, feature])
            lost[feature] += whole - auc(positive, svm.decision(changed))
    return lost / shuffles

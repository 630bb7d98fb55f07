"""Out-of-fold clinical probabilities and CT scores of training cases in; both rules of fusion out."""

import numpy as np
import numpy.typing as npt

from pleura.models.clinical_svm.fusion import Fusion, logit
from pleura.training.clinical.logistic import fit_logistic

__all__ = ["fit_fusion"]


def fit_fusion(ct: npt.ArrayLike, clinical: npt.ArrayLike, positive: npt.ArrayLike) -> Fusion:
    """Learn how to put the CT's answer and the clinical one together.

    Parameters
    ----------
    ct, clinical : (cases,), probabilities of the disease by models that were not fitted on the case; cases whose CT
        score is NaN are left out
    positive : (cases,), true for the disease

    Raises
    ------
    ValueError
        If no case of a class has both.
    """
    of_ct = np.asarray(ct, dtype=np.float64)
    there = ~np.isnan(of_ct)
    truth = np.asarray(positive, dtype=bool)[there]
    scores = np.stack([logit(of_ct[there]), logit(np.asarray(clinical, dtype=np.float64)[there])], axis=1)
    ct_shift, ct_slope = fit_logistic(scores[:, 0], truth).tolist()
    base, of_both_ct, of_both_clinical = fit_logistic(scores, truth).tolist()
    return Fusion(ct_slope=ct_slope, ct_shift=ct_shift, base=base, ct=of_both_ct, clinical=of_both_clinical)

"""A machine and one patient in; how much each feature moves the decision value out."""

import numpy as np
import numpy.typing as npt

from pleura.models.clinical_svm.machine import ClinicalSvm

__all__ = ["contributions", "to_typical"]

Floats = npt.NDArray[np.float64]


def contributions(svm: ClinicalSvm, values: npt.ArrayLike) -> tuple[Floats, float]:
    """Split the decision value of a linear machine into what each feature adds to it.

    A feature's part is the sum over its columns of weight x (value less training mean) / training deviation, the column
    that says that it is missing among them. Parts and base add up to the decision value.

    Parameters
    ----------
    svm : with a linear kernel
    values : (features,), NaN for a gap

    Returns
    -------
    (features,), positive for the disease; and the base, the decision value of a patient at the training mean.

    Raises
    ------
    ValueError
        If the kernel is not linear: then the decision value is no sum over features.
    """
    if svm.kernel.kind != "linear":
        raise ValueError(f"only a linear kernel's decision value is a sum over features; this one is {svm.kernel.kind}")
    columns = svm.encoder.transform(np.asarray(values, dtype=np.float64)[None])[0]
    parts = np.zeros(len(svm.encoder.levels))
    np.add.at(parts, svm.encoder.source, columns * (svm.dual @ svm.support))
    return parts, svm.intercept


def to_typical(svm: ClinicalSvm, values: npt.ArrayLike) -> Floats:
    """Say by how much the decision value would fall if one feature were typical, feature by feature.

    Typical is what stands for a missing value: the median, or the most frequent value, of the training cases, and not
    flagged as missing. The changes are each by themselves: with a curved kernel they do not add up to anything.

    Parameters
    ----------
    svm : with any kernel
    values : (features,), NaN for a gap

    Returns
    -------
    (features,), decision value as it is less that with the feature typical: positive where the feature speaks for the
    disease.
    """
    given = np.asarray(values, dtype=np.float64)
    changed = np.where(np.eye(len(given), dtype=bool), svm.encoder.fill, given)
    found = svm.decision(np.concatenate([given[None], changed]))
    return np.asarray(found[0] - found[1:])

"""Several readers' answers in; the share of the majority vote that each class has of each case out."""

import numpy as np
import numpy.typing as npt

__all__ = ["majority_vote"]


def majority_vote(answers: npt.ArrayLike, classes: int) -> npt.NDArray[np.float64]:
    """Let readers vote on each case; where several answers share the lead, the case is divided between them.

    With t answers in the lead each gets 1/t of the case. That is what drawing lots gives on average, without the lots,
    and without one reader, or one class, counting more than another.

    Parameters
    ----------
    answers : (readers, cases), index of the class
    classes : how many there are

    Returns
    -------
    (cases, classes), rows add up to 1.

    Raises
    ------
    ValueError
        If there is no reader, or an answer is no class.

    Examples
    --------
    >>> majority_vote([[0, 0], [0, 1], [1, 2]], classes=3).round(2)
    array([[1.  , 0.  , 0.  ],
           [0.33, 0.33, 0.33]])
    """
    said = np.asarray(answers, dtype=np.int64)
    if said.ndim != 2 or said.size == 0 or said.min() < 0 or said.max() >= classes:
        raise ValueError(f"need answers (readers, cases) from 0 to {classes - 1}, got shape {said.shape}")
    votes = (said[:, :, None] == np.arange(classes)).sum(axis=0)
    leads = votes == votes.max(axis=1, keepdims=True)
    return np.asarray(leads / leads.sum(axis=1, keepdims=True))

"""Probabilities and truths of a new hospital's cases in; a map from old probabilities to better ones out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import IsotonicRegression

from pleura.evaluation.repeated.held_out import patient_folds

__all__ = ["KINDS", "Recalibration", "cross_fitted", "fit_recalibration"]

Floats = npt.NDArray[np.float64]

KINDS = ("shift", "temperature", "platt", "isotonic")
"""From the fewest numbers to fit to the most."""
FLOOR = 1e-6
"""Probabilities are taken as at least this, since the logarithm of 0 is infinite."""


@dataclass(frozen=True, eq=False)
class Recalibration:
    """A map of probabilities, (cases, classes) to the same."""

    kind: str
    """ "shift": the classes are more or less frequent here; "temperature": the model is too sure, or not sure enough;
    "platt": both; "isotonic": any rising map, for two classes only and for many cases."""
    scale: float
    """By which log probabilities are multiplied: 1 / temperature."""
    shifts: tuple[float, ...]
    """Added to each class's log probability; the last is 0."""
    knots: tuple[Floats, Floats] | None
    """For isotonic: probabilities of the second class before, and after; straight between them."""
    cases: int
    """Fitted on so many."""

    def apply(self, probabilities: npt.ArrayLike) -> Floats:
        """Map probabilities; rows add up to 1 before and after.

        Raises
        ------
        ValueError
            If they are not (cases, classes) with as many classes as the map was fitted on.
        """
        p = np.asarray(probabilities, dtype=np.float64)
        if p.ndim != 2 or p.shape[1] != len(self.shifts):
            raise ValueError(f"need probabilities (cases, {len(self.shifts)}), got {p.shape}")
        if self.knots is not None:
            second = np.interp(p[:, 1], *self.knots)
            return np.stack([1 - second, second], axis=1)
        return _softmax(self.scale * _logs(p) + np.array(self.shifts))


def fit_recalibration(truth: npt.ArrayLike, probabilities: npt.ArrayLike, kind: str) -> Recalibration:
    """Fit a map by maximum likelihood on cases that the model was not trained on.

    Parameters
    ----------
    truth : (cases,), index of the class
    probabilities : (cases, classes), rows add up to 1
    kind : one of `KINDS`

    Raises
    ------
    ValueError
        If shapes or the kind do not fit; a class has no case (nothing can be learnt of it); or the fit has no end,
        because the probabilities separate the classes without an error, or turns the order of the scores round.

    References
    ----------
    J. C. Platt, Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods, in
    Advances in Large Margin Classifiers, MIT Press 1999. C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On calibration of
    modern neural networks, ICML 2017. B. Zadrozny, C. Elkan, Transforming classifier scores into accurate multiclass
    probability estimates, KDD 2002.
    """
    true, p = _checked(truth, probabilities)
    classes = p.shape[1]
    if kind not in KINDS:
        raise ValueError(f'need a recalibration among {", ".join(KINDS)}, got "{kind}"')
    if kind == "isotonic":
        if classes != 2:
            raise ValueError(f"isotonic recalibration is for two classes, got {classes}; take platt or temperature")
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(p[:, 1], true == 1)
        knots = (np.asarray(fitted.X_thresholds_), np.asarray(fitted.y_thresholds_))
        return Recalibration(kind, 1.0, (0.0, 0.0), knots, len(p))
    scale, shifts = _maximise(true, _logs(p), scaled=kind != "shift", shifted=kind != "temperature")
    if scale <= 0:
        raise ValueError(
            f"the fit turns the order of the scores round (scale {scale:.2f}): the model is worse than chance here, "
            "and no recalibration mends that"
        )
    return Recalibration(kind, scale, tuple(shifts.tolist()), None, len(p))


def cross_fitted(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    kind: str,
    *,
    patients: Sequence[str] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Floats:
    """Map each case by a fit on the patients of the other folds: what recalibration is worth on cases it has not seen.

    Parameters
    ----------
    truth, probabilities, kind : as in `fit_recalibration`
    patients : (cases,), or None where each case is a patient of its own
    folds, seed : as in `patient_folds`

    Returns
    -------
    (cases, classes)

    Raises
    ------
    ValueError
        As `fit_recalibration`, in any of the folds, and `patient_folds`.
    """
    true, p = _checked(truth, probabilities)
    fold = patient_folds(true, patients, folds=folds, seed=seed)
    mapped = np.empty_like(p)
    for one in range(folds):
        out = fold == one
        mapped[out] = fit_recalibration(true[~out], p[~out], kind).apply(p[out])
    return mapped


def _maximise(true: npt.NDArray[np.int64], x: Floats, *, scaled: bool, shifted: bool) -> tuple[float, Floats]:
    """Find scale and shifts of softmax(scale x + shifts) with the largest likelihood, by Newton's method."""
    classes = x.shape[1]
    hit = (true[:, None] == np.arange(classes)).astype(np.float64)
    features = [x[:, :, None]] if scaled else []
    if shifted:
        features.append(np.broadcast_to(np.eye(classes)[:, :-1], (*x.shape, classes - 1)))
    z = np.concatenate(features, axis=2)  # (cases, classes, numbers to fit)
    fixed = np.zeros_like(x) if scaled else x
    theta = np.zeros(z.shape[2])
    if scaled:
        theta[0] = 1.0

    def loss(at: Floats) -> float:
        eta = fixed + z @ at
        top = eta.max(axis=1)
        return float((np.log(np.exp(eta - top[:, None]).sum(axis=1)) + top - (hit * eta).sum(axis=1)).sum())

    for _ in range(200):
        q = _softmax(fixed + z @ theta)
        gradient = np.einsum("nk,nki->i", q - hit, z)
        centred = z - np.einsum("nk,nki->ni", q, z)[:, None, :]
        curvature = np.einsum("nk,nki,nkj->ij", q, centred, centred, optimize=True)
        step = np.linalg.solve(curvature + 1e-10 * np.eye(len(theta)), gradient)
        before, share = loss(theta), 1.0
        while loss(theta - share * step) > before + 1e-12 and share > 1e-8:
            share /= 2
        theta = theta - share * step
        if np.abs(theta).max() > 200:
            break
        if np.abs(share * step).max() < 1e-10:
            shifts = np.append(theta[1 if scaled else 0 :], 0.0) if shifted else np.zeros(classes)
            return float(theta[0]) if scaled else 1.0, shifts
    raise ValueError(
        "the fit has no end: the probabilities separate these cases nearly without an error, so that there is nothing "
        "to learn from; need more cases"
    )


def _logs(p: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(p, FLOOR)))


def _softmax(eta: Floats) -> Floats:
    raised = np.exp(eta - eta.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _checked(truth: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], Floats]:
    true, p = np.asarray(truth, dtype=np.int64), np.asarray(probabilities, dtype=np.float64)
    if true.ndim != 1 or p.ndim != 2 or len(p) != len(true) or len(true) == 0 or p.shape[1] < 2:
        raise ValueError(f"need truths (cases,) and probabilities (cases, classes), got {true.shape} and {p.shape}")
    if (p < 0).any() or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("need probabilities of 0 or more that add up to 1 in every case")
    absent = sorted(set(range(p.shape[1])) - set(true.tolist()))
    if absent or true.min() < 0 or true.max() >= p.shape[1]:
        raise ValueError(f"need cases of every class and of no other; class number {absent or true.max()} does not fit")
    return true, p

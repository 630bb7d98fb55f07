"""Features of training cases in; how far another case lies from them out, and whether that is far.

The features are what goes into a network's last layer. Each class of training cases has its mean there, and all share
one covariance, shrunk towards a multiple of the unit matrix. A vector's distance is Mahalanobis', to the nearest mean;
a case's is the mean over its slice subsets. What is far is settled on cases that the network was not trained on: those
it was trained on lie nearer than others of their kind.

References
----------
K. Lee, K. Lee, H. Lee, J. Shin, A simple unified framework for detecting out-of-distribution samples and adversarial
attacks, NeurIPS 2018: class means and one covariance. O. Ledoit, M. Wolf, A well-conditioned estimator for
large-dimensional covariance matrices, Journal of Multivariate Analysis 88 (2004) 365-411: how much to shrink.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy
from sklearn.covariance import ledoit_wolf

from pleura.errors import ModelError

__all__ = ["AXES", "FEWEST_HELD_OUT", "QUANTILE", "Reference", "fit_reference", "read_reference", "threshold_of"]

Floats = npt.NDArray[np.float64]

QUANTILE = 0.99
"""Share of held-out cases like the training cases that is to pass."""
FEWEST_HELD_OUT = 20
"""Held-out cases below which no threshold is chosen."""
AXES = 64
"""Directions of the covariance that are kept one by one; along the rest it is the same."""
_STEPS = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class Reference:
    """Where a network's training cases lie, and how far from them other cases of their kind do."""

    means: npt.NDArray[np.float32]
    """(classes, width): mean features of each class of training cases."""
    axes: npt.NDArray[np.float32]
    """(width, kept): the covariance's first directions, of unit length, those of the largest variance first."""
    variances: npt.NDArray[np.float32]
    """(kept + 1,): along each, and along all other directions."""
    held_out: npt.NDArray[np.float32]
    """(101,): distances of the held-out cases at each hundredth of them, ascending."""

    def distances(self, features: npt.ArrayLike) -> Floats:
        """Give the distance of cases.

        Parameters
        ----------
        features : (cases, subsets, width)

        Returns
        -------
        (cases,), 0 or more.

        Raises
        ------
        ModelError
            If the features are of another width.
        """
        x = np.asarray(features, dtype=np.float64)
        if x.ndim != 3 or x.shape[2] != self.means.shape[1]:
            raise ModelError(
                f"features of shape {x.shape}; the reference cases have (cases, subsets, {self.means.shape[1]})"
            )
        off = x[:, :, None, :] - self.means.astype(np.float64)  # (cases, subsets, classes, width)
        along = off @ self.axes.astype(np.float64)  # (cases, subsets, classes, kept)
        variances = self.variances.astype(np.float64)
        rest = np.maximum((off**2).sum(axis=-1) - (along**2).sum(axis=-1), 0.0)
        squared = (along**2 / variances[:-1]).sum(axis=-1) + rest / variances[-1]  # (cases, subsets, classes)
        return np.asarray(np.sqrt(squared.min(axis=-1)).mean(axis=-1))

    def rank(self, distance: float) -> float:
        """Give the share of the held-out cases that lie no farther, 0 to 1, straight between two hundredths."""
        return float(np.interp(distance, self.held_out.astype(np.float64), _STEPS, left=0.0, right=1.0))

    def to_bytes(self) -> bytes:
        """Write it as a safetensors file."""
        return safetensors.numpy.save(
            {"means": self.means, "axes": self.axes, "variances": self.variances, "held_out": self.held_out}
        )


def fit_reference(
    training: npt.ArrayLike, labels: npt.ArrayLike, held_out: npt.ArrayLike, *, axes: int = AXES
) -> Reference:
    """Learn where the training cases lie.

    Parameters
    ----------
    training : (cases, subsets, width), features of the cases that the network was trained on
    labels : (cases,), index of each one's class; every class up to the largest has a case
    held_out : (cases, subsets, width), those of like cases that it was not trained on
    axes : directions of the covariance to keep one by one, at most

    Raises
    ------
    ValueError
        If shapes do not fit, a class has no case, no feature varies within a class, or fewer than `FEWEST_HELD_OUT`
        cases are held out.
    """
    x, y, other = np.asarray(training, np.float64), np.asarray(labels), np.asarray(held_out, np.float64)
    if x.ndim != 3 or other.ndim != 3 or y.shape != x.shape[:1] or x.shape[2] != other.shape[2]:
        raise ValueError(f"need features (cases, subsets, width) twice and a label each, got {x.shape}, {other.shape}")
    if len(other) < FEWEST_HELD_OUT:
        raise ValueError(f"need {FEWEST_HELD_OUT} held-out cases or more for a threshold, got {len(other)}")
    absent = sorted(set(range(int(y.max()) + 1)) - set(y.tolist()))
    if absent:
        raise ValueError(f"need training cases of every class, got none of number {absent[0]}")
    means = np.stack([x[y == k].mean(axis=(0, 1)) for k in range(int(y.max()) + 1)])  # (classes, width)
    within = (x - means[y][:, None, :]).reshape(-1, x.shape[2])
    if not within.any():
        raise ValueError("need training cases that differ within a class, got none")
    covariance, _ = ledoit_wolf(within, assume_centered=True)
    variances, directions = np.linalg.eigh(covariance)  # ascending
    kept = min(axes, len(variances) - 1)
    rest = variances[: len(variances) - kept].mean()
    made = Reference(
        means=means.astype(np.float32),
        axes=directions[:, ::-1][:, :kept].astype(np.float32),
        variances=np.append(variances[::-1][:kept], rest).astype(np.float32),
        held_out=np.zeros(len(_STEPS), dtype=np.float32),
    )
    found = np.quantile(made.distances(other), _STEPS).astype(np.float32)
    return Reference(made.means, made.axes, made.variances, found)


def threshold_of(distances: npt.ArrayLike, quantile: float = QUANTILE) -> float:
    """Give the distance within which a new case like the held-out ones lies with a probability of at least `quantile`.

    It is the one of rank quantile x (n + 1), rounded up; with so few cases that there is none, the largest.

    Parameters
    ----------
    distances : (cases,), of held-out cases
    quantile : between 0 and 1

    Raises
    ------
    ValueError
        If there is no case, or the quantile is none.

    Examples
    --------
    >>> threshold_of(range(1, 200), 0.99)
    198.0
    >>> threshold_of([3, 1, 2], 0.99)
    3.0
    """
    ordered = np.sort(np.asarray(distances, dtype=np.float64))
    if ordered.ndim != 1 or len(ordered) == 0 or not 0 < quantile < 1:
        raise ValueError(f"need distances (cases,) and a quantile between 0 and 1, got {ordered.shape} and {quantile}")
    return float(ordered[min(ceil(quantile * (len(ordered) + 1) - 1e-9), len(ordered)) - 1])


def read_reference(data: bytes) -> Reference:
    """Read a safetensors file that `Reference.to_bytes` wrote.

    Raises
    ------
    ModelError
        If it is damaged, or a tensor is missing, unknown, of another shape, or not finite.
    """
    try:
        tensors = safetensors.numpy.load(data)
    except safetensors.SafetensorError as error:
        raise ModelError(f"reference.safetensors is damaged: {error}") from error
    names = ("means", "axes", "variances", "held_out")
    if set(tensors) != set(names):
        raise ModelError(f"reference.safetensors holds {', '.join(sorted(tensors))}; need {', '.join(names)}")
    reference = Reference(**{name: tensors[name] for name in names})
    if reference.means.ndim != 2:
        raise ModelError(f"reference.safetensors: means of shape {reference.means.shape}; need (classes, width)")
    width, kept = reference.means.shape[1], len(reference.variances) - 1
    shapes = {
        "means": reference.means.shape,
        "axes": (width, kept),
        "variances": (kept + 1,),
        "held_out": (len(_STEPS),),
    }
    for name in names:
        tensor = tensors[name]
        if tensor.shape != shapes[name] or tensor.dtype != np.float32:
            raise ModelError(
                f"reference.safetensors: {name} is {tensor.dtype} {tensor.shape}; need float32 {shapes[name]}"
            )
        if not np.isfinite(tensor).all():
            raise ModelError(f"reference.safetensors: {name} is not finite")
    if not (reference.variances > 0).all():
        raise ModelError("reference.safetensors: a variance is not positive")
    return reference

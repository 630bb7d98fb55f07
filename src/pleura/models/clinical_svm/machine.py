"""The arrays of a fitted support vector machine and columns in; its decision value and a calibrated probability out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from pleura.models.clinical_svm.encode import Encoder

__all__ = ["KERNELS", "ClinicalSvm", "Kernel"]

Floats = npt.NDArray[np.float64]

KERNELS = ("linear", "poly", "rbf")
"""Of the CoviDet paper: linear, polynomial, radial basis function."""


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A kernel with its numbers; those it does not use stay at their defaults."""

    kind: str
    """One of `KERNELS`."""
    gamma: float = 1.0
    """poly: (gamma x.s + offset)^degree; rbf: exp(-gamma |x - s|^2)."""
    degree: int = 3
    offset: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KERNELS:
            raise ValueError(f'need a kernel among {", ".join(KERNELS)}, got "{self.kind}"')
        if not self.gamma > 0 or self.degree < 1 or not np.isfinite([self.gamma, self.offset]).all():
            numbers = f"{self.gamma}, {self.degree}, {self.offset}"
            raise ValueError(f"need gamma > 0, degree of 1 or more and a finite offset, got {numbers}")

    def between(self, x: Floats, support: Floats) -> Floats:
        """Give the kernel of all pairs, (cases, vectors), of (cases, columns) and (vectors, columns)."""
        products: Floats = x @ support.T
        if self.kind == "linear":
            return products
        if self.kind == "poly":
            return np.asarray((self.gamma * products + self.offset) ** self.degree)
        squares = (x**2).sum(axis=1)[:, None] + (support**2).sum(axis=1)[None] - 2 * products
        return np.asarray(np.exp(-self.gamma * np.maximum(squares, 0.0)), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClinicalSvm:
    """A fitted machine, with what fills and scales its input and what makes a probability of its decision value."""

    encoder: Encoder
    kernel: Kernel
    support: Floats
    """(support vectors, columns)."""
    dual: Floats
    """(support vectors,), each with the sign of its class."""
    intercept: float
    slope: float
    """Of the calibration: probability = 1 / (1 + exp(-(slope x decision + shift)))."""
    shift: float

    def decision(self, values: npt.ArrayLike) -> Floats:
        """Give the decision value, (cases,), positive on the side of the disease.

        Parameters
        ----------
        values : (cases, features), NaN for a gap
        """
        return self.of_columns(self.encoder.transform(values))

    def of_columns(self, columns: Floats) -> Floats:
        """Give the decision value of columns that are filled and scaled already, (cases, columns) to (cases,)."""
        return self.kernel.between(columns, self.support) @ self.dual + self.intercept

    def calibrated(self, decision: npt.ArrayLike) -> Floats:
        """Make probabilities, 0 to 1, of decision values."""
        return np.asarray(expit(self.slope * np.asarray(decision, dtype=np.float64) + self.shift))

    def probability(self, values: npt.ArrayLike) -> Floats:
        """Give the probability of the disease, (cases,), at the share it has among the training cases."""
        return self.calibrated(self.decision(values))

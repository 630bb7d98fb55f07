"""Values with gaps, a machine of each kernel that scikit-learn fitted to them, and a card for it."""

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from pleura.models.clinical_svm.card import ClinicalCard
from pleura.models.clinical_svm.encode import Encoder, fit_encoder
from pleura.models.clinical_svm.fusion import Fusion
from pleura.models.clinical_svm.machine import ClinicalSvm, Kernel

__all__ = ["FUSION", "LEVELS", "NUMBERS", "clinical_card", "fitted", "gappy_values"]

FUSION = Fusion(ct_slope=0.5, ct_shift=0.1, base=-0.3, ct=0.8, clinical=1.1)
LEVELS, FREQUENT = (0, 0, 3, 0), (False, True, True, False)
NUMBERS = {
    "linear": Kernel(kind="linear"),
    "poly": Kernel(kind="poly", gamma=0.2, degree=3, offset=1.0),
    "rbf": Kernel(kind="rbf", gamma=0.15),
}


def gappy_values(rng: np.random.Generator, cases: int = 60) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """A number, a yes or no, a category of three and a number with gaps; truth depends on all."""
    values = np.stack(
        [rng.normal(38, 1, cases), rng.integers(0, 2, cases), rng.integers(0, 3, cases), rng.lognormal(size=cases)],
        axis=1,
    ).astype(np.float64)
    truth = values[:, 0] - 38 + values[:, 1] + (values[:, 2] == 1) + np.log(values[:, 3]) + rng.normal(size=cases) > 0.8
    values[rng.random(cases) < 0.3, 3] = np.nan
    return values, truth


def fitted(
    kind: str, values: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_], *, flag: bool = True
) -> tuple[ClinicalSvm, SVC, Encoder]:
    """The same machine as ours and as scikit-learn's."""
    encoder = fit_encoder(values, LEVELS, FREQUENT, flag=flag)
    kernel = NUMBERS[kind]
    theirs = SVC(
        kernel=kind, gamma=kernel.gamma, degree=kernel.degree, coef0=kernel.offset, class_weight="balanced"
    ).fit(encoder.transform(values), truth)
    ours = ClinicalSvm(
        encoder=encoder,
        kernel=kernel,
        support=theirs.support_vectors_,
        dual=theirs.dual_coef_[0],
        intercept=float(theirs.intercept_[0]),
        slope=1.3,
        shift=-0.2,
    )
    return ours, theirs, encoder


def clinical_card(kind: str = "rbf", fusion: str = "") -> ClinicalCard:
    """The card of a model with these four features."""
    kernel = NUMBERS[kind]
    numbers = {"gamma": kernel.gamma, "degree": kernel.degree, "offset": kernel.offset}
    number = {"kind": "number", "low": 0, "high": 100}
    return ClinicalCard(
        name="dl3",
        kernel=kind,
        arguments={"cost": 1.0, **({} if kind == "linear" else numbers)},
        classes=("other-viral", "covid-19"),
        schema={
            "format": 1,
            "name": "s",
            "features": {
                "a": {"label": "a", **number},
                "b": {"label": "b", "kind": "yes-no"},
                "c": {"label": "c", "kind": "category", "values": {"x": [], "y": [], "z": []}},
                "d": {"label": "d", **number},
            },
        },
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "60 cases"},
        fusion=fusion,
        importance={"a": 0.1},
    )

"""Clinical values and truths in; a tuned and calibrated machine, and what it says of cases out of fold, out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from pleura.data.clinical_table.schema import Schema
from pleura.errors import CohortError
from pleura.evaluation.repeated.held_out import patient_folds
from pleura.evaluation.roc import auc
from pleura.models.clinical_svm.encode import Encoder, fit_encoder
from pleura.models.clinical_svm.machine import ClinicalSvm
from pleura.training.clinical.logistic import fit_logistic
from pleura.training.clinical.recipe import Candidate, ClinicalRecipe

__all__ = ["Fitted", "fit_machines"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A machine with what its inner folds found."""

    svm: ClinicalSvm
    chosen: Candidate
    inner_auc: float
    """Mean over inner folds of the chosen setting; it chose among settings, and so flatters."""
    out_of_fold: Floats
    """(cases,), calibrated probability of each training case by a machine that was not fitted on the patient."""


def fit_machines(
    values: Floats,
    positive: Bools,
    patients: Sequence[str],
    schema: Schema,
    recipe: ClinicalRecipe,
    *,
    kernels: Sequence[str],
    seed: int,
) -> dict[str, Fitted]:
    """Tune, calibrate and fit a machine a kernel, all on the same inner folds.

    Each inner fold's machines are fitted on the other folds' patients, whose medians and scales they use. The setting
    with the highest mean AUC over inner folds is chosen, the earliest of equals. The calibration is fitted to its
    out-of-fold decision values, never to those of cases a machine was fitted on; then the machine is fitted anew on
    all. Classes weigh alike in the fit; the calibration brings back their shares among the training cases. A machine
    that is no better than chance out of fold gets a slope of 0, and says the share of the disease to everyone.

    Parameters
    ----------
    values : (cases, features), NaN for a gap
    positive, patients : (cases,)
    schema : of the features
    recipe : the grid, the number of inner folds, and whether gaps are flagged
    kernels : to be fitted
    seed : deals the inner folds

    Raises
    ------
    CohortError
        If a disease has fewer patients than there are inner folds, or an inner fold leaves a feature without a value.
    """
    try:
        fold = patient_folds(positive.astype(np.int64), patients, folds=recipe.folds.inner, seed=seed)
    except ValueError as error:
        raise CohortError(f"cannot deal the patients to inner folds: {error}") from error
    parts = [_Part(values, positive, fold == one, schema, recipe) for one in range(recipe.folds.inner)]
    whole = _encoder(values, schema, recipe)
    columns = whole.transform(values)
    fitted = {}
    for kernel in kernels:
        best: tuple[float, Candidate, Floats] | None = None
        for candidate in recipe.grid.candidates(kernel, columns.shape[1]):
            decisions, areas = np.empty(len(values)), []
            for part in parts:
                held = part.decide(candidate)
                decisions[part.held] = held
                areas.append(auc(positive[part.held], held))
            if best is None or float(np.mean(areas)) > best[0] + 1e-12:
                best = (float(np.mean(areas)), candidate, decisions)
        assert best is not None
        area, chosen, decisions = best
        shift, slope = fit_logistic(decisions if area > 0.5 else np.zeros(len(decisions)), positive).tolist()
        machine = _svc(chosen).fit(columns, positive)
        svm = ClinicalSvm(
            encoder=whole,
            kernel=chosen.kernel,
            support=np.array(machine.support_vectors_, dtype=np.float64),
            dual=np.array(machine.dual_coef_[0], dtype=np.float64),
            intercept=float(machine.intercept_[0]),
            slope=slope,
            shift=shift,
        )
        fitted[kernel] = Fitted(svm, chosen, area, svm.calibrated(decisions))
    return fitted


class _Part:
    """An inner fold: its encoder, and its columns on both sides."""

    def __init__(self, values: Floats, positive: Bools, held: Bools, schema: Schema, recipe: ClinicalRecipe) -> None:
        encoder = _encoder(values[~held], schema, recipe)
        self.held = held
        self._inside, self._outside = encoder.transform(values[~held]), encoder.transform(values[held])
        self._positive = positive[~held]

    def decide(self, candidate: Candidate) -> Floats:
        """Fit on the other folds and give the decision values of this one."""
        machine = _svc(candidate).fit(self._inside, self._positive)
        return np.asarray(machine.decision_function(self._outside), dtype=np.float64)


def _svc(candidate: Candidate) -> SVC:
    kernel = candidate.kernel
    return SVC(
        C=candidate.cost,
        kernel=kernel.kind,
        gamma=kernel.gamma,
        degree=kernel.degree,
        coef0=kernel.offset,
        class_weight="balanced",
    )


def _encoder(values: Floats, schema: Schema, recipe: ClinicalRecipe) -> Encoder:
    features = schema.features.values()
    try:
        return fit_encoder(
            values,
            [feature.levels for feature in features],
            [feature.kind != "number" for feature in features],
            flag=recipe.flag_missing,
        )
    except ValueError as error:
        empty = [name for name, column in zip(schema.names, values.T, strict=True) if np.isnan(column).all()]
        raise CohortError(f"a fold's training cases have no value of {', '.join(empty)}: leave it out") from error

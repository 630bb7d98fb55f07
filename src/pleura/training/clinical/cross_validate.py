"""Cases and a recipe in; what every machine, the CT and their fusions say of cases not trained on, run by run, out."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import CohortError
from pleura.evaluation.repeated.held_out import patient_folds
from pleura.models.clinical_svm.fusion import RULES
from pleura.training.clinical.cases import ClinicalCases
from pleura.training.clinical.fit import fit_machines
from pleura.training.clinical.fuse import fit_fusion
from pleura.training.clinical.importance import permutation_importance
from pleura.training.clinical.recipe import Candidate, ClinicalRecipe
from pleura.training.watcher import Silent, Watcher

__all__ = ["CT", "ClinicalRuns", "cross_validate_clinical", "fused", "machine"]

CT = "CT"
"""What the CT's own answer is called."""
Floats = npt.NDArray[np.float64]


def machine(kernel: str) -> str:
    """Name the answer of a machine on clinical data alone."""
    return f"SVM {kernel}"


def fused(kernel: str, rule: str) -> str:
    """Name the answer of the CT and a machine together."""
    return f"CT + SVM {kernel}, {rule}"


@dataclass(frozen=True, eq=False)
class ClinicalRuns:
    """Repeated cross-validation: each run deals the patients anew, and answers once on every case."""

    cases: ClinicalCases
    recipe: ClinicalRecipe
    scores: dict[str, Floats]
    """Answer -> (runs, cases), probability of the disease by models that were not fitted on the case's patient; NaN
    where an answer needs a CT score and the case has none."""
    fold: npt.NDArray[np.int64]
    """(runs, cases), the outer fold that judged the case."""
    chosen: dict[str, Counter[Candidate]]
    """Kernel -> how often the inner folds chose a setting, over runs and outer folds."""
    importance: dict[str, Floats]
    """Kernel -> (runs x folds, features), permutation importance in each outer fold; no rows if it was left out."""


def cross_validate_clinical(
    cases: ClinicalCases, recipe: ClinicalRecipe, *, watcher: Watcher | None = None
) -> ClinicalRuns:
    """Judge machines on clinical data, and their fusions with the CT, by repeated nested cross-validation.

    In every outer fold all is learnt on the other folds' patients: medians, scales, settings, calibration, and the
    fusion, which is fitted to the machine's inner out-of-fold probabilities.

    Parameters
    ----------
    cases : of the two diseases
    recipe : kernels, grid, folds, seed
    watcher : told of each outer fold

    Raises
    ------
    CohortError
        If there are too few patients for the folds.
    """
    watcher = watcher or Silent()
    settings, values, positive = recipe.folds, cases.table.values, cases.positive
    names = [machine(kernel) for kernel in recipe.kernels]
    if cases.ct is not None:
        names = [CT, *names, *(fused(kernel, rule) for rule in RULES for kernel in recipe.kernels)]
    scores = {name: np.full((settings.repeats, len(positive)), np.nan) for name in names}
    if cases.ct is not None:
        scores[CT][:] = cases.ct
    folds = np.empty((settings.repeats, len(positive)), dtype=np.int64)
    chosen: dict[str, Counter[Candidate]] = {kernel: Counter() for kernel in recipe.kernels}
    importance: dict[str, list[Floats]] = {kernel: [] for kernel in recipe.kernels}
    generator = np.random.default_rng(recipe.seed)
    watcher.start("cross-validating", settings.repeats * settings.outer)
    for run in range(settings.repeats):
        folds[run] = _deal(cases, folds=settings.outer, seed=recipe.seed + run)
        for number in range(settings.outer):
            held = folds[run] == number
            patients = [name for name, out in zip(cases.patients, held.tolist(), strict=True) if not out]
            fitted = fit_machines(
                values[~held],
                positive[~held],
                patients,
                cases.table.schema,
                recipe,
                kernels=recipe.kernels,
                seed=recipe.seed + 1000 * (run + 1) + number,
            )
            for kernel, one in fitted.items():
                scores[machine(kernel)][run, held] = answers = one.svm.probability(values[held])
                chosen[kernel][one.chosen] += 1
                if cases.ct is not None:
                    fusion = fit_fusion(cases.ct[~held], one.out_of_fold, positive[~held])
                    for rule in RULES:
                        scores[fused(kernel, rule)][run, held] = fusion.combine(rule, cases.ct[held], answers)
                if settings.shuffles:
                    lost = permutation_importance(
                        one.svm, values[held], positive[held], shuffles=settings.shuffles, generator=generator
                    )
                    importance[kernel].append(lost)
            watcher.advance()
    width = len(cases.table.schema.names)
    return ClinicalRuns(
        cases=cases,
        recipe=recipe,
        scores=scores,
        fold=folds,
        chosen=chosen,
        importance={kernel: np.array(rows).reshape(-1, width) for kernel, rows in importance.items()},
    )


def _deal(cases: ClinicalCases, *, folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Deal patients evenly by disease, and by whether they have a CT score."""
    stratum = 2 * cases.with_ct + cases.positive
    try:
        return patient_folds(stratum.astype(np.int64), cases.patients, folds=folds, seed=seed)
    except ValueError as error:
        raise CohortError(f"cannot deal the patients to folds: {error}; give fewer folds or more patients") from error

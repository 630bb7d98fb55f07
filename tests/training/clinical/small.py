"""Few cases, a short grid and few folds, so that a cross-validation takes a second."""

from pathlib import Path

from pleura.data.clinical_table.read import read_table
from pleura.data.clinical_table.schema import find_schema
from pleura.training.clinical.cases import ClinicalCases, gather, read_ct_scores, read_labels
from pleura.training.clinical.recipe import ClinicalRecipe, FoldSettings, Grid

__all__ = ["FEATURES", "NAMES", "RECIPE", "small_cases"]

FEATURES = ("age_years", "sex", "temperature_c", "dyspnoea", "wbc_1e9_per_l", "lymphocytes_1e9_per_l", "crp_mg_per_l")
NAMES = {"positive": "covid-19", "negative": "other-viral"}
RECIPE = ClinicalRecipe(
    name="small",
    grid=Grid(cost_linear=(0.1, 1.0), cost_poly=(0.1,), degree=(2,), cost_rbf=(1.0,), gamma=(0.5,)),
    folds=FoldSettings(repeats=2, outer=3, inner=3, shuffles=1),
)


def small_cases(folder: Path, *, ct: bool = True, without_ct: int = 0) -> ClinicalCases:
    """Read what `draw_cohort` wrote; the last `without_ct` cases lose their CT score."""
    table = read_table(folder / "clinical.csv", find_schema("synthetic")).only(FEATURES)
    labels = read_labels(folder / "cases.csv")
    scores = read_ct_scores(folder / "ct.csv", labels, **NAMES) if ct else None
    if scores is not None:
        scores = dict(list(scores.items())[: len(scores) - without_ct])
    return gather(table, labels, ct=scores, **NAMES)

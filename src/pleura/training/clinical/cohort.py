"""A cohort's folder in; the clinical model of its training and validation cases out, its test cases kept apart."""

from pathlib import Path

from pleura.data.clinical_table.read import read_table
from pleura.data.clinical_table.schema import find_schema
from pleura.data.cohort import read_cohort
from pleura.models.clinical_svm.files import ClinicalModel
from pleura.training.clinical.cases import read_ct_scores
from pleura.training.clinical.recipe import ClinicalRecipe
from pleura.training.clinical.train import train_clinical
from pleura.training.watcher import Watcher

__all__ = ["TABLE", "train_on_cohort"]

TABLE = "clinical.csv"
"""A cohort's clinical data."""


def train_on_cohort(
    recipe: ClinicalRecipe,
    folder: Path,
    out: Path,
    *,
    schema: str = "synthetic",
    ct_scores: Path | None = None,
    ct_model: str = "",
    watcher: Watcher | None = None,
) -> ClinicalModel:
    """Train a clinical model on a cohort's `clinical.csv`; features that none of its cases has are left out.

    Parameters
    ----------
    recipe : as for `train_clinical`
    folder : holds `cases.csv`, `cohort.toml` and `clinical.csv`
    out : gets the model and its cross-validation
    schema : of the table, by path or name
    ct_scores : CT predictions by models that were not trained on the case, such as `predictions.csv` of a training with
        folds; or None
    ct_model : what gave them, for the card
    watcher : told of progress

    Raises
    ------
    CohortError, RecipeError, OutputError
        If cohort, table, schema or scores cannot be used, or the model cannot be written.
    """
    cohort = read_cohort(folder, classes=())
    table = read_table(folder / TABLE, find_schema(schema))
    labels = {case.case: case.label for case in cohort.cases if case.split != "test"}
    two = (recipe.positive, recipe.negative)
    trained = table.of([labels.get(case) in two for case in table.cases])
    trained = trained.only([name for name, share in trained.missing_shares().items() if share < 1])
    scores = None
    if ct_scores is not None:
        scores = read_ct_scores(ct_scores, labels, positive=recipe.positive, negative=recipe.negative)
    return train_clinical(
        recipe,
        trained,
        labels,
        scores,
        out,
        synthetic=cohort.synthetic,
        source=cohort.name,
        ct_model=ct_model,
        watcher=watcher,
    )

"""`pleura train dl3`: a cohort's clinical data, and perhaps CT scores, in; a clinical model and how good it is out."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pleura.cli.progress import watch

if TYPE_CHECKING:
    from pleura.data.cohort import Cohort
    from pleura.training.clinical.recipe import ClinicalRecipe

__all__ = ["train_clinical_model"]


def train_clinical_model(
    recipe: "ClinicalRecipe", cohort: "Cohort", out: Path, *, schema: str, ct_scores: Path | None, ct_model: str | None
) -> None:
    """Train on the cohort's cases that are not kept for the test.

    Raises
    ------
    CohortError, ModelError, OutputError, RecipeError
        If the clinical data, the scores or the folder cannot be used.
    """
    from pleura.data.clinical_table.read import read_table
    from pleura.data.clinical_table.schema import find_schema
    from pleura.errors import RecipeError
    from pleura.export.result_folder import check_free
    from pleura.models.files import find_model, model_id
    from pleura.training.clinical.cases import read_ct_scores
    from pleura.training.clinical.train import train_clinical

    if (ct_scores is None) != (ct_model is None):
        raise RecipeError(
            "--ct-scores and --ct-model go together: the scores, and the model that gave them, as a fusion holds for "
            "no other"
        )
    check_free(out)
    given_by = ""
    if ct_model is not None:
        giver = find_model(ct_model)
        given_by = f"{giver.name} {model_id(giver)}"
    labels = {case.case: case.label for case in cohort.cases if case.split != "test"}
    scores = None
    if ct_scores is not None:
        whole = {case.case: case.label for case in cohort.cases}
        read = read_ct_scores(ct_scores, whole, positive=recipe.positive, negative=recipe.negative)
        scores = {case: score for case, score in read.items() if case in labels}
    with watch() as watcher:
        model = train_clinical(
            recipe,
            read_table(cohort.folder / "clinical.csv", find_schema(schema)),
            labels,
            scores,
            out,
            synthetic=cohort.synthetic,
            source=cohort.name,
            ct_model=given_by,
            watcher=watcher,
        )
    typer.echo(str(model.card.metrics["summary"]))
    typer.echo(model.path)

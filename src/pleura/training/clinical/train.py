"""A clinical table, truths and CT scores in; a clinical model's folder, with its cross-validation beside it, out."""

from collections.abc import Mapping
from pathlib import Path

from pleura import __version__
from pleura.data.clinical_table.schema import schema_table
from pleura.data.clinical_table.table import ClinicalTable
from pleura.errors import CohortError, OutputError
from pleura.models.clinical_svm.card import ClinicalCard
from pleura.models.clinical_svm.files import ClinicalModel, load_clinical_model, save_clinical_model
from pleura.training.clinical.assess import ClinicalResult, assess_clinical
from pleura.training.clinical.cases import gather
from pleura.training.clinical.cross_validate import cross_validate_clinical, machine
from pleura.training.clinical.fit import Fitted, fit_machines
from pleura.training.clinical.fuse import fit_fusion
from pleura.training.clinical.recipe import ClinicalRecipe
from pleura.training.clinical.results import write_clinical_result
from pleura.training.description import recipe_hash
from pleura.training.watcher import Watcher

__all__ = ["train_clinical"]

RESULTS = "cross-validation"


def train_clinical(
    recipe: ClinicalRecipe,
    table: ClinicalTable,
    truth: Mapping[str, str],
    ct_scores: Mapping[str, float] | None,
    out: Path,
    *,
    synthetic: bool,
    source: str = "",
    ct_model: str = "",
    watcher: Watcher | None = None,
) -> ClinicalModel:
    """Make the final model on all cases, after a cross-validation that says how good it is.

    The model is of the recipe's kernel, tuned and calibrated in the inner folds over all cases; its fusion is learnt on
    out-of-fold probabilities. `out` gets the model as `out/NAME`, and `out/cross-validation`.

    Parameters
    ----------
    recipe : kernel, grid, folds, fusion
    table : clinical values
    truth : case -> disease; cases of neither of the recipe's diseases are left out
    ct_scores : case -> probability of the disease by a model not trained on the case, or None
    out : folder for both; made if it is not there
    synthetic : whether the cases are
    source : name of the cohort or table, for the card
    ct_model : what gave the CT scores, for the card
    watcher : told of progress

    Raises
    ------
    CohortError
        If there are too few cases, files do not belong together, or the clinical data say nothing of the disease.
    OutputError
        If it cannot be written.
    """
    cases = gather(table, truth, positive=recipe.positive, negative=recipe.negative, ct=ct_scores)
    result = assess_clinical(cross_validate_clinical(cases, recipe, watcher=watcher))
    fitted = fit_machines(
        cases.table.values,
        cases.positive,
        cases.patients,
        cases.table.schema,
        recipe,
        kernels=(recipe.kernel,),
        seed=recipe.seed,
    )[recipe.kernel]
    if fitted.svm.slope == 0:
        raise CohortError(
            f"on cases it was not fitted on the {recipe.kernel} machine tells {recipe.positive} from {recipe.negative} "
            "no better than chance: no model is made of it; take another kernel, more cases or other features"
        )
    fusion = None if cases.ct is None else fit_fusion(cases.ct, fitted.out_of_fold, cases.positive)
    card = _card(recipe, result, fitted, synthetic=synthetic, source=source, ct_model=ct_model)
    results = out / RESULTS
    try:
        results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror or error}") from error
    write_clinical_result(results, result)
    save_clinical_model(fitted.svm, fusion, card, out / recipe.name)
    return load_clinical_model(out / recipe.name)


def _card(
    recipe: ClinicalRecipe, result: ClinicalResult, fitted: Fitted, *, synthetic: bool, source: str, ct_model: str
) -> ClinicalCard:
    cases = result.runs.cases
    positives, kernel = int(cases.positive.sum()), fitted.chosen.kernel
    numbers: dict[str, int | float] = {
        "linear": {},
        "poly": {"gamma": kernel.gamma, "degree": kernel.degree, "offset": kernel.offset},
        "rbf": {"gamma": kernel.gamma},
    }[kernel.kind]
    names = cases.table.schema.names
    lost = result.runs.importance[recipe.kernel]
    final, alone = result.answer(result.final), result.answer(machine(recipe.kernel))
    kind = "synthetic" if synthetic else "real"
    sentence = f"AUC {final.auc} on {len(result.positive)} {kind} cases not trained on, {result.final}"
    if result.gaps.suspicious:
        sentence += f"; but which values are missing tells the diseases apart by itself, AUC {result.gaps.auc}"
    return ClinicalCard(
        name=recipe.name,
        kernel=recipe.kernel,
        arguments={"cost": fitted.chosen.cost, **numbers},
        classes=(recipe.negative, recipe.positive),
        schema=schema_table(cases.table.schema),
        licence="Apache-2.0",
        training={
            "summary": f"clinical data of {len(cases.positive)} {kind} cases{f' of {source}' if source else ''}, "
            f"{positives} with {recipe.positive}",
            "synthetic": synthetic,
            "cases": len(cases.positive),
            "positives": positives,
            "patients": len(set(cases.patients)),
            "seed": recipe.seed,
            "recipe_sha256": recipe_hash(recipe),
            "pleura": __version__,
            "missing": {name: round(share, 4) for name, share in cases.table.missing_shares().items()},
        },
        fusion="" if cases.ct is None else recipe.fusion,
        ct_model=ct_model,
        importance={name: round(float(value), 4) for name, value in zip(names, lost.mean(axis=0), strict=True)}
        if len(lost)
        else {},
        metrics={
            "summary": sentence,
            "auc": round(final.auc.value, 4),
            "auc_clinical_only": round(alone.auc.value, 4),
            **({} if result.gaps.auc is None else {"auc_of_gaps_alone": round(result.gaps.auc.value, 4)}),
        },
    )

"""`pleura evaluate clinical`: a clinical table and truths in; cross-validated machines, alone and with the CT, out."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["clinical"]


def clinical(
    table: Annotated[Path, typer.Option(help="CSV of clinical data, a row a case.", show_default=False)],
    truth: Annotated[str, typer.Option(help="Column of the table, or CSV with case and truth or label.")],
    out: Annotated[Path, typer.Option(help="New folder for tables, figures, methods, checklists.", show_default=False)],
    schema: Annotated[str, typer.Option(help="TOML of the table's features; or synthetic.")] = "synthetic",
    ct_scores: Annotated[
        Path | None, typer.Option(help="CSV of CT predictions: case, truth, a column a class. Not on training cases.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="dl3, or a clinical recipe's TOML file.")] = "dl3",
    positive: Annotated[
        str | None, typer.Option(help="The disease, as truths name it; the recipe's if left out.")
    ] = None,
    negative: Annotated[str | None, typer.Option(help="The other disease; the recipe's if left out.")] = None,
    without: Annotated[str | None, typer.Option(help="Features to leave out, names with commas between.")] = None,
    impossible: Annotated[str, typer.Option(help="Values no person can have: refuse, or missing.")] = "refuse",
    repeats: Annotated[int | None, typer.Option(min=1, help="Cross-validations; the recipe's if left out.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Deals folds; the recipe's if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Judge clinical data, and clinical data with the CT, at telling two diseases apart (CoviDet's DL3).

    Support vector machines with three kernels, tuned in nested cross-validation; with --ct-scores also fused with the
    CT's answer, by averaging and by stacking. The CT scores must be of cases that the CT model was not trained on.

    Example: pleura evaluate clinical --table cohort/clinical.csv --truth cohort/cases.csv --out clinical
    """
    from dataclasses import replace

    from pleura.cli.progress import watch
    from pleura.data.clinical_table.read import read_table
    from pleura.data.clinical_table.schema import find_schema
    from pleura.export.result_folder import check_free, result_folder
    from pleura.training.clinical.assess import assess_clinical
    from pleura.training.clinical.cases import gather, read_ct_scores, read_labels
    from pleura.training.clinical.cross_validate import cross_validate_clinical
    from pleura.training.clinical.recipe import read_clinical_recipe
    from pleura.training.clinical.results import clinical_table, write_clinical_result
    from pleura.training.recipes import find_recipe

    check_free(out)
    settings = read_clinical_recipe(find_recipe(recipe))
    settings = replace(
        settings,
        positive=positive or settings.positive,
        negative=negative or settings.negative,
        seed=settings.seed if seed is None else seed,
        folds=settings.folds if repeats is None else replace(settings.folds, repeats=repeats),
    )
    from_file = Path(truth).is_file()
    names = [name.strip() for name in (without or "").split(",") if name.strip()]
    read = read_table(
        table, find_schema(schema).without(names), keep=() if from_file else (truth,), impossible=impossible
    )
    labels = read_labels(Path(truth)) if from_file else dict(zip(read.cases, read.kept[truth], strict=True))
    two = {"positive": settings.positive, "negative": settings.negative}
    scores = None if ct_scores is None else read_ct_scores(ct_scores, labels, **two)
    cases = gather(read, labels, **two, ct=scores)
    with watch() as watcher:
        result = assess_clinical(cross_validate_clinical(cases, settings, watcher=watcher))
    with result_folder(out) as folder:
        write_clinical_result(folder, result)
    found = clinical_table(result)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    _print(found)
    typer.echo(str(out / "roc-answers.png"))


def _print(found: dict[str, Any]) -> None:
    negative, positive = found["classes"]
    typer.echo(f"{positive} ({found['positives']}) against {negative} ({found['cases'] - found['positives']})\n")
    typer.echo(f"{'answer':28}{'AUC':>7}{'95 % over patients':>22}{'over runs':>18}")
    for one in found["answers"]:
        area, runs = one["auc"], one["runs"]
        spread = f" +- {runs['deviation']:.3f}" if runs["deviation"] else ""
        each = f"{runs['mean']:.3f}{spread}"
        typer.echo(f"{one['answer']:28}{area['value']:7.3f}{_span(area):>22}{each:>18}")
    for one in found["comparisons"]:
        p = "" if one["adjusted_p"] is None else f", p = {one['adjusted_p']:.3g} (Holm)"
        typer.echo(f"{one['first']} less {one['second']}: {one['difference']:+.3f} ({_span(one)}){p}")
    typer.echo("")
    for note in found["notes"]:
        typer.echo(note)


def _span(found: dict[str, Any]) -> str:
    return "no interval" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"

"""`pleura evaluate sample-size`: what is expected and how sure one wants to be in; how many cases are needed out."""

import json
from typing import Annotated, Any

import typer

__all__ = ["sample_size"]


def sample_size(
    width: Annotated[float, typer.Option(help="Of the interval, from end to end.", show_default=False)],
    sensitivity: Annotated[float | None, typer.Option(help="That is expected.")] = None,
    specificity: Annotated[float | None, typer.Option(help="That is expected.")] = None,
    auc: Annotated[float | None, typer.Option(help="That is expected.")] = None,
    prevalence: Annotated[
        float | None, typer.Option(help="Share of cases with the condition: adds how many cases in all.")
    ] = None,
    assurance: Annotated[float, typer.Option(help="Probability that so many in all hold enough of a kind.")] = 0.9,
    proportions: Annotated[str, typer.Option(help="Intervals: wilson or clopper-pearson.")] = "wilson",
    interval: Annotated[str, typer.Option(help="Of an AUC: delong-logit or delong.")] = "delong-logit",
    confidence: Annotated[float, typer.Option(help="Of the interval.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Say how many cases a study needs for intervals of a given width.

    Cases are patients: several scans of one patient count as little more than one.

    Example: pleura evaluate sample-size --sensitivity 0.9 --width 0.1 --prevalence 0.2
    """
    from pleura.errors import RecipeError
    from pleura.evaluation.planning.sample_size import cases_for_auc, cases_for_proportion, cases_in_all

    rows: list[dict[str, Any]] = []
    try:
        for name, expected, share in (
            ("sensitivity", sensitivity, prevalence),
            ("specificity", specificity, None if prevalence is None else 1 - prevalence),
        ):
            if expected is None:
                continue
            needed = cases_for_proportion(expected, width, kind=proportions, confidence=confidence)
            side = "with" if name == "sensitivity" else "without"
            row: dict[str, Any] = {
                "measure": name,
                "expected": expected,
                "width": width,
                f"cases_{side}_condition": needed,
            }
            if share is not None:
                row["cases_in_all"] = cases_in_all(needed, share, assurance=assurance)
            rows.append(row)
        if auc is not None:
            balance = 0.5 if prevalence is None else prevalence
            ill, well = cases_for_auc(auc, width, prevalence=balance, kind=interval, confidence=confidence)
            row = {"measure": "auc", "expected": auc, "width": width}
            row |= {"cases_with_condition": ill, "cases_without_condition": well}
            if prevalence is not None:
                row["cases_in_all"] = max(
                    cases_in_all(ill, prevalence, assurance=assurance),
                    cases_in_all(well, 1 - prevalence, assurance=assurance),
                )
            rows.append(row)
        if not rows:
            raise ValueError("nothing is expected; give --sensitivity, --specificity or --auc")
    except ValueError as error:
        raise RecipeError(str(error)) from error
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        kinds = (("cases_with_condition", "with"), ("cases_without_condition", "without"))
        sides = [f"{row[name]} cases {side}" for name, side in kinds if name in row]
        total = row.get("cases_in_all")
        line = f"{row['measure']} {row['expected']:g}, interval {width:g} wide: {' and '.join(sides)} the condition"
        if total is not None:
            line += f"; {total} consecutive cases hold so many with a probability of {assurance:g}"
        typer.echo(line)

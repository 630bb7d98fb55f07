"""`pleura evaluate check`: a file of reported numbers in, what contradicts itself in it out."""

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["check"]


def check(
    file: Annotated[Path, typer.Argument(help="TOML or JSON: numbers as they are printed.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look for contradictions among reported numbers: counts, sensitivity, specificity, PPV, AUC, intervals, sums.

    Each finding says what was reported, what would fit, by which rule, and how sure it is: a contradiction (no data
    give these numbers), unlikely, or a note. The exit code is 1 where there is a contradiction.

    Example: pleura evaluate check paper.toml
    """
    from pleura.evaluation.consistency.check import check_document, check_table
    from pleura.evaluation.consistency.document import read_document
    from pleura.evaluation.consistency.finding import Level

    document = read_document(file)
    findings = check_document(document)
    if as_json:
        typer.echo(json.dumps(check_table(document, findings), indent=2, ensure_ascii=False))
    else:
        for one in findings:
            typer.echo(f"{one.level}: {one.where}")
            typer.echo(f"  rule      {one.rule}")
            typer.echo(f"  reported  {'; '.join(one.reported)}")
            typer.echo(f"  {one.expected}\n")
        counts = ", ".join(f"{sum(one.level is level for one in findings)} {level}" for level in Level)
        typer.echo(f"{file}: {counts if findings else 'nothing found that does not fit'}")
    if any(one.level is Level.CONTRADICTION for one in findings):
        raise typer.Exit(1)

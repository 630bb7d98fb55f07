"""`pleura evaluate agreement`: two measurements of the same patients; bias, limits of agreement, and the figure."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["agreement"]


def agreement(
    file: Annotated[Path, typer.Argument(help="CSV: case, and a column a measurement.", show_default=False)],
    columns: Annotated[str, typer.Option(help="The two columns, with a comma between.")] = "first,second",
    unit: Annotated[str, typer.Option(help="Of both, for the figure.")] = "",
    out: Annotated[Path | None, typer.Option(help="New folder for agreement.json and the figure.")] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Say how far two measurements of the same patients agree: bias and limits of agreement (Bland and Altman).

    One line a patient, such as the lesions' volume by a program and by a person. A difference within the limits is to
    be expected; whether the limits are narrow enough is for a person to say, before looking.

    Example: pleura evaluate agreement volumes.csv --columns program,reader --unit ml --out agreement
    """
    from pleura.errors import CohortError, RecipeError
    from pleura.evaluation.agreement.limits import limits_of_agreement
    from pleura.evaluation.figures.agreement import bland_altman_figure
    from pleura.evaluation.figures.style import save_figure
    from pleura.evaluation.predictions import read_cases
    from pleura.evaluation.rows import read_rows
    from pleura.export.result_folder import check_free, result_folder
    from pleura.whole_file import write_text

    names = tuple(name.strip() for name in columns.split(","))
    if len(names) != 2 or names[0] == names[1]:
        raise RecipeError(f'--columns "{columns}": need two different columns, like program,reader')
    if out is not None:
        check_free(out)
    rows = read_rows(file, ("case", *names))
    read_cases(rows, file)  # a patient who stands twice would count twice
    first, second = ([_number(row[name], name, line, file) for line, row in enumerate(rows, 2)] for name in names)
    try:
        result = limits_of_agreement(first, second, confidence=confidence)
    except ValueError as error:
        raise CohortError(f"{file}: {error}") from error
    table = asdict(result) | {"confidence": confidence, "first": names[0], "second": names[1], "unit": unit}
    if out is not None:
        with result_folder(out) as folder:
            write_text(folder / "agreement.json", json.dumps(table, indent=2) + "\n")
            figure = bland_altman_figure(first, second, result, names=(names[0], names[1]), unit=unit)
            save_figure(figure, folder, "bland-altman")
    if as_json:
        typer.echo(json.dumps(table, indent=2))
        return
    typer.echo(f"{result.pairs} patients; {names[0]} less {names[1]}{f', {unit}' if unit else ''}")
    for name, value in (("bias", result.bias), ("lower limit", result.lower), ("upper limit", result.upper)):
        typer.echo(f"{name:12} {value}")
    typer.echo(
        f"{'slope':12} {result.slope}   (of the difference on the mean; 0 where the bias is the same for all sizes)"
    )


def _number(text: str, column: str, line: int, file: Path) -> float:
    from pleura.errors import CohortError

    try:
        return float(text)
    except ValueError as error:
        raise CohortError(f'{file}, row {line}: {column} = "{text}"; need a number, or leave out the row') from error

"""`pleura series`: a study in; every series in it on the terminal, the one to use marked, the others with reasons."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pleura.imaging.candidate import Candidate
    from pleura.imaging.study import Study

__all__ = ["series"]

_WIDEST = 48


def series(
    study: Annotated[Path, typer.Argument(help="DICOM file or folder, ZIP, or NIfTI.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List the series of a study: which one a diagnosis would use, and why not the others.

    Exits 1 if none can be used.

    Example: pleura series study/
    """
    from pleura.imaging.study import open_study

    with open_study(study) as opened:
        if as_json:
            typer.echo(json.dumps(_as_dict(opened), indent=2))
        else:
            for line in _table(opened):
                typer.echo(line)
        _ = opened.chosen  # raises where there is none


def _as_dict(study: "Study") -> dict[str, object]:
    """Put the study into what JSON can hold."""
    return {
        "study": str(study.path),
        "series": [asdict(candidate) for candidate in study.candidates],
        "other_files": study.skipped,
        "unreadable": list(study.unreadable),
    }


def _cells(candidate: "Candidate") -> tuple[str, str, str, str, str]:
    spacing = f"{candidate.spacing_mm:.2f} mm" if candidate.spacing_mm is not None else "-"
    size = f"{candidate.slices} x {candidate.rows} x {candidate.columns}"
    scanner = " ".join(part for part in (candidate.manufacturer, candidate.scanner) if part)
    return candidate.name[:_WIDEST], candidate.kernel or "-", size, spacing, scanner[:_WIDEST] or "-"


def _table(study: "Study") -> list[str]:
    """Lay the series out in columns, each followed by its reasons."""
    head = ("series", "kernel", "slices x rows x columns", "distance", "scanner")
    rows = [_cells(candidate) for candidate in study.candidates]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]

    def line(mark: str, cells: tuple[str, ...]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"{mark:3}{'  '.join(padded)}".rstrip()

    lines = [line("", head)]
    for candidate, row in zip(study.candidates, rows, strict=True):
        lines.append(line("->" if candidate.chosen else "", row))
        lines += [f"     {reason}" for reason in candidate.reasons]
    lines += [f"unreadable: {reason}" for reason in study.unreadable]
    if study.skipped:
        lines.append(f"{study.skipped} other files are no images of a series")
    return lines

"""`pleura cohort join`: cohorts in, one cohort of all their cases out."""

from pathlib import Path

import typer

__all__ = ["join"]


def join(
    folders: list[Path] = typer.Argument(help="Folders of two or more cohorts.", show_default=False),
    out: Path = typer.Option(..., help="Folder to make; must not exist, or be empty."),
    copy: bool = typer.Option(False, "--copy", help="Copy the files, rather than link them."),
) -> None:
    """Make one cohort of several, with the splits, labels and hospitals that they have.

    Cases and patients get the name of their cohort in front. Then look for copies of the same scans among the cohorts:
    pleura cohort check.

    Example: pleura cohort join moscow tehran --out both
    """
    from pleura.data.joining import join_cohorts

    joined = join_cohorts(folders, out, copy=copy)
    typer.echo(f"{joined.cases} cases of {joined.patients} patients of {len(folders)} cohorts in {out}")

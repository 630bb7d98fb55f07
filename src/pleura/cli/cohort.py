"""`pleura cohort`: make cohorts; arguments in, a cohort folder out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pleura.data.synthetic.scanner.protocol import SIZES

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Make and check cohorts of cases.")


@app.callback()
def _group() -> None:
    """Make and check cohorts of cases."""


@app.command(
    epilog="Example: pleura cohort synthesize --out cohort --cases 48 --hospitals north,east,west --size small"
)
def synthesize(
    out: Path = typer.Option(..., help="Folder to make; must not exist, or be empty."),
    cases: int = typer.Option(48, help="Number of cases in all; they go round the hospitals and the classes."),
    hospitals: str = typer.Option("north,east,west", help="Names with commas between; each has a scanner of its own."),
    seed: int = typer.Option(1, help="The same seed gives the same voxels."),
    size: str = typer.Option("small", help=f"Grid of a case: {', '.join(SIZES)}."),
    format: str = typer.Option("dicom", help="How studies are written: dicom, nifti."),  # noqa: A002
    workers: int = typer.Option(1, help="Processes that draw at the same time."),
) -> None:
    """Make a cohort of synthetic chest CT: studies, lung and lesion masks, and the table of cases.

    Nothing in it comes from a patient. No result on it says anything about patients.
    """
    from pleura.data.synthetic.cohort import synthesize_cohort  # here, so that --help needs no compiler

    names = [name.strip() for name in hospitals.split(",")]
    with _progress("cases drawn", cases) as report:
        synthesize_cohort(
            out,
            cases=cases,
            hospitals=names,
            seed=seed,
            size=size,
            format=format,
            workers=workers,
            progress=report,
        )
    typer.echo(f"{cases} synthetic cases of {len(names)} hospitals in {out}")


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; in a log, a line for every tenth of the work."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, of: _log_line(what, done, of)
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _log_line(what: str, done: int, of: int) -> None:
    if done == of or done * 10 // of > (done - 1) * 10 // of:
        typer.echo(f"{what}: {done} of {of}", err=True)

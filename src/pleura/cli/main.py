"""`pleura`: arguments in, exit code out; 0 done, 1 refused with one clear line, 2 wrong usage."""

import sys

import typer

from pleura import __version__
from pleura.cli import cohort, evaluate, experiment, federation, models
from pleura.cli.demo import demo
from pleura.cli.diagnose import diagnose
from pleura.cli.measure import measure
from pleura.cli.series import series
from pleura.cli.train import train
from pleura.errors import PleuraError

__all__ = ["app", "main"]

app = typer.Typer(
    name="pleura",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Pneumonia on chest CT. For research use; not a medical device.",
)
app.command()(diagnose)
app.command()(measure)
app.command(name="series")(series)
app.add_typer(cohort.app, name="cohort", help="Make and check cohorts of cases.")
app.command()(train)
app.add_typer(evaluate.app, name="evaluate", help="Compare a model's answers with the truth.")
app.add_typer(federation.app, name="federation", help="Train together with other hospitals.")
app.add_typer(experiment.app, name="experiment", help="Repeat the paper's experiments on synthetic hospitals.")
app.add_typer(models.app, name="models", help="List, show, verify and convert models.")
app.command()(demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pleura {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Pneumonia on chest CT. For research use; not a medical device."""


def main() -> None:
    """Run the command line; turn refusals into one line on standard error and their exit code."""
    try:
        app()
    except PleuraError as error:
        typer.echo(f"pleura: {' '.join(str(error).split())}", err=True)
        sys.exit(error.exit_code)

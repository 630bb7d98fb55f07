"""`pleura models`: list the models a name reaches, show, verify and calibrate one, convert published weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from pleura.cli.models_calibrate import calibrate
from pleura.cli.models_convert import convert

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="List, show, verify, convert and calibrate models.")
app.command()(convert)
app.command()(calibrate)


@app.command("list")
def list_models(as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """List the models known by name: yours first, then those that come with Pleura.

    Example: pleura models list
    """
    from pleura.models.any_model import load_any_model
    from pleura.models.files import list_models as known_models

    models = [load_any_model(path) for path in known_models()]
    if as_json:
        rows = [{"name": m.path.name, "id": m.id, "synthetic": m.card.synthetic, "path": str(m.path)} for m in models]
        typer.echo(json.dumps(rows, indent=2))
        return
    for model in models:
        trained = "synthetic training data" if model.card.synthetic else "real training data"
        typer.echo(f"{model.path.name:24}  {model.id[:12]}  {trained:24}  {model.path}")
    if not models:
        typer.echo("no models", err=True)


@app.command()
def show(
    model: str = typer.Argument(help="A model's name or folder."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
    figure: Path | None = typer.Option(
        None, help="Draw how often it is right over how sure it is: FIGURE.png and FIGURE.svg."
    ),
) -> None:
    """Show what a model says of itself.

    Example: pleura models show dl1-synthetic --figure reliability
    """
    from pleura.models.any_model import card_text, load_any_model

    loaded = load_any_model(model)
    if figure is not None:
        _draw(loaded.card.name, loaded.card.metrics, figure)
    if as_json:
        typer.echo(json.dumps({"id": loaded.id, "path": str(loaded.path), "card": asdict(loaded.card)}, indent=2))
        return
    typer.echo(f"# id {loaded.id}\n# at {loaded.path}\n{card_text(loaded)}", nl=False)


def _draw(name: str, metrics: Mapping[str, Any], path: Path) -> None:
    """Draw the reliability curve of a card."""
    from pleura.errors import ModelError
    from pleura.evaluation.figures.reliability import reliability_figure
    from pleura.evaluation.figures.style import save_figure

    table = metrics.get("reliability")
    if not isinstance(table, Mapping):
        raise ModelError(f"{name} has no reliability curve; pleura models calibrate measures one")
    try:
        save_figure(reliability_figure(table, name), path.parent, path.name)
    except ValueError as error:
        raise ModelError(f"the reliability curve of {name} cannot be drawn: {error}") from error


@app.command()
def verify(
    model: str = typer.Argument(help="A model's name or folder."),
    expected: str = typer.Option("", "--id", help="The id it must have, or how that begins (8 digits or more)."),
) -> None:
    """Check that a model is whole: its card, each tensor's name, shape and numbers, and its id.

    Example: pleura models verify ucadi-synthetic
    """
    from pleura.errors import ModelError
    from pleura.models.any_model import load_any_model

    loaded = load_any_model(model)
    if expected and (len(expected) < 8 or not loaded.id.startswith(expected.lower())):
        raise ModelError(f"{loaded.path} has id {loaded.id}, not {expected}; it is another model or was changed")
    typer.echo(f"{loaded.id}  {loaded.path}")

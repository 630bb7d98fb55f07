"""`pleura federation release`: a hospital signs that a model may leave, and writes it once enough have signed."""

from pathlib import Path

import typer

from pleura.errors import RecipeError

__all__ = ["release"]


def release(
    folder: Path = typer.Argument(help="Hospital's folder."),
    sign: Path | None = typer.Option(None, help="Sign the model that this hospital holds; the file to write."),
    word: list[Path] | None = typer.Option(None, help="A hospital's signed word; give one for each that signed."),
    out: Path | None = typer.Option(None, help="Folder to make, for the model and the words."),
) -> None:
    """Let the federation's model leave: --sign in as many hospitals as open a sum, then --word and --out in one.

    Of K hospitals floor(2 K / 3) + 1 have to sign. Prints the model's hash when it signs, and the model's folder when
    it writes it.
    """
    if (sign is None) == (out is None) or (out is None) != (not word):
        raise RecipeError("give either --sign FILE, or --out FOLDER with a --word for each hospital that signed")

    from pleura.federation.deployment.site import Site

    site = Site.open(folder)

    from pleura.federation.deployment.publication import publish, sign_model  # torch takes seconds to import

    if sign is not None:
        typer.echo(sign_model(site, sign))
        return
    assert out is not None
    model, names = publish(site, word or [], out)
    typer.echo(f"released by {', '.join(sorted(names))}", err=True)
    typer.echo(model.path)

"""`pleura train`: a recipe and a cohort in, a model folder out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from pleura.cli.progress import watch
from pleura.settings import read_recipe

__all__ = ["train"]


def train(
    recipe: str = typer.Argument(help="A recipe's name (ucadi, demo) or a TOML file."),
    cohort: Path = typer.Option(help="Folder with cases.csv and cohort.toml."),
    out: Path = typer.Option(help="Folder for the model, the log and the checkpoint."),
    device: str = typer.Option("cpu", help="cpu, or cuda for a GPU."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in OUT."),
    start_from: str | None = typer.Option(
        None, "--from", metavar="MODEL", help="Begin with this model's weights, by path or name."
    ),
    cache: Path | None = typer.Option(None, help="Folder for prepared slices; your cache folder by default."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that prepare slices."),
) -> None:
    """Train a classifier on a cohort.

    Stopped with Ctrl-C it can go on later with --resume, to the same numbers.

    Example: pleura train demo --cohort cohort --out run
    """
    from pleura.training.loop import train as train_model  # torch takes seconds to import; --help should not
    from pleura.training.recipes import find_recipe

    settings = read_recipe(find_recipe(recipe))
    with watch() as watcher, _stop_on_termination():
        try:
            model = train_model(
                settings,
                cohort,
                out,
                device=device,
                resume=resume,
                start_from=start_from,
                cache_folder=cache,
                workers=workers,
                watcher=watcher,
            )
        except KeyboardInterrupt:
            watcher.say(f"stopped; what was done up to the last whole epoch is in {out}: go on with --resume")
            raise typer.Exit(1) from None
    typer.echo(model.path)


@contextmanager
def _stop_on_termination() -> Iterator[None]:
    """Let SIGTERM stop the work as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

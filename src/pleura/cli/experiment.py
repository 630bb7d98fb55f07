"""`pleura experiment`: the papers' experiments and two sweeps; options in, a folder of results out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination
from pleura.data.synthetic.scanner.protocol import SIZES
from pleura.errors import MissingExtraError
from pleura.settings import CLASSES

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Repeat the papers' experiments, and two sweeps, on synthetic hospitals.")

_OUT = typer.Option(help="New folder for everything; with --resume, one in which the same was begun.")
_CASES = typer.Option(480, min=40, help="Patients of the first three hospitals together.")
_SIZE = typer.Option("small", help=f"Grid of a synthetic case: {', '.join(SIZES)}.")
_RECIPE = typer.Option("experiment", help="A recipe's name or a TOML file; its epochs and seed are not used.")
_COHORT = typer.Option(None, help="A cohort of your own in place of synthetic patients, with its hospitals' names.")
_CACHE = typer.Option(None, help="Folder for prepared slices; OUT/cache by default.")
_DEVICE = typer.Option("cpu", help="cpu, or cuda for a GPU.")
_WORKERS = typer.Option(2, min=1, max=64, help="Processes that draw patients and prepare slices.")
_RESUME = typer.Option(False, "--resume", help="Go on with the first arm in OUT that is not whole.")
_MARGIN = typer.Option(0.05, help="Difference below which two arms count as equally good; choose it before you look.")


@app.callback()
def _group() -> None:
    """Repeat the papers' experiments, and two sweeps, on synthetic hospitals."""


@app.command("pooled-vs-federated", epilog="Example: pleura experiment pooled-vs-federated --out first")
def pooled_vs_federated(
    out: Path = _OUT,
    cases: int = _CASES,
    seeds: int = typer.Option(5, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(10, min=1, help="Rounds of one local epoch, and epochs of the arms without rounds."),
    recipe: str = _RECIPE,
    cohort: Path | None = _COHORT,
    margin: float = _MARGIN,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """Experiment I: three hospitals, each alone, all pooled, and federated; judged on the test cases of all.

    The hospitals have the paper's mix of classes: two lack other viral pneumonia. As it stands, some 80 minutes on two
    cores; with --cases 60 --seeds 2 --rounds 3 --size tiny, minutes.
    """
    _run(
        "pooled_vs_federated",
        out,
        recipe,
        {"cases": cases, "seeds": seeds, "size": size, "rounds": rounds, "margin": margin},
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
    )


@app.command("new-hospital", epilog="Example: pleura experiment new-hospital --out second")
def new_hospital(
    out: Path = _OUT,
    cases: int = _CASES,
    seeds: int = typer.Option(5, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(10, min=1, help="Rounds of the first three."),
    joined: int = typer.Option(6, min=1, help="Further rounds once the fourth has joined."),
    newcomer: str = typer.Option(
        "covid-19",
        help=f"The one class of the fourth's synthetic patients, as in the paper, of {', '.join(CLASSES)}; or all.",
    ),
    recipe: str = _RECIPE,
    cohort: Path | None = _COHORT,
    joining: str = typer.Option("union", help="With --cohort: the hospital that joins."),
    margin: float = _MARGIN,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """Experiment II: a fourth hospital with another scanner joins the model of three; judged after each round.

    Beside it, the fourth goes on alone, and the first three without it.
    """
    _run(
        "new_hospital",
        out,
        recipe,
        {
            "cases": cases,
            "seeds": seeds,
            "size": size,
            "rounds": rounds,
            "joined": joined,
            "newcomer": newcomer,
            "margin": margin,
        },
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
        joining=joining,
    )


@app.command("local-epochs", epilog="Example: pleura experiment local-epochs --out sweep")
def local_epochs(
    out: Path = _OUT,
    cases: int = _CASES,
    seeds: int = typer.Option(3, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(10, min=1, help="Epochs in all: the rounds of the arm with one local epoch."),
    sweep: str = typer.Option("1,2,5,10", help="Local epochs between two rounds, with commas; each divides --rounds."),
    recipe: str = _RECIPE,
    cohort: Path | None = _COHORT,
    margin: float = _MARGIN,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """Sweep the local epochs between two rounds at equal compute: accuracy against bytes on the wire."""
    try:
        numbers = tuple(int(part) for part in sweep.split(","))
    except ValueError:
        raise typer.BadParameter(f'"{sweep}"; need whole numbers with commas', param_hint="--sweep") from None
    _run(
        "local_epochs",
        out,
        recipe,
        {"cases": cases, "seeds": seeds, "size": size, "rounds": rounds, "local_epochs": numbers, "margin": margin},
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
    )


@app.command("protection", epilog="Example: pleura experiment protection --out price")
def protection(
    out: Path = _OUT,
    cases: int = typer.Option(120, min=40, help="Patients of the three hospitals together."),
    seeds: int = typer.Option(1, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(3, min=1, help="Rounds of one local epoch."),
    recipe: str = _RECIPE,
    cohort: Path | None = _COHORT,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """Compare what each protection of the sum costs: bytes, seconds, weights, accuracy.

    The arms are plain, masks, ring with 4 and with 3 values a coefficient, seal, and one with nothing rounded.
    """
    _run(
        "protection",
        out,
        recipe,
        {"cases": cases, "seeds": seeds, "size": size, "rounds": rounds},
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
    )


@app.command("covidet-federated", epilog="Example: pleura experiment covidet-federated --out stepwise")
def covidet_federated(
    out: Path = _OUT,
    cases: int = typer.Option(900, min=60, help="Patients of the six hospitals together."),
    seeds: int = typer.Option(2, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(16, min=1, help="Rounds of one local epoch for each step; epochs of the other arms."),
    alone: bool = typer.Option(False, "--alone", help="Train each hospital alone, too."),
    recipe: str = typer.Option(
        "experiment-covidet", help="DL1's recipe, a name or a TOML file; its epochs and seed are not used."
    ),
    cohort: Path | None = _COHORT,
    margin: float = _MARGIN,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """CoviDet's stepwise diagnosis, pooled and federated: DL1, DL2, and both together.

    Six hospitals of very different size and mix of patients. About an hour of one idle core; with --cases 60 --seeds 2
    --rounds 2 --size tiny, minutes.
    """
    chosen = {"cases": cases, "seeds": seeds, "size": size, "rounds": rounds, "alone": alone, "margin": margin}
    _run(
        "covidet_federated",
        out,
        recipe,
        chosen | {"splits": (0.55, 0.12, 0.33)},
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
    )


@app.command("lesions-federated", epilog="Example: pleura experiment lesions-federated --out lesions")
def lesions_federated(
    out: Path = _OUT,
    cases: int = typer.Option(900, min=60, help="Patients of the six hospitals together."),
    seeds: int = typer.Option(2, min=1, help="How often each arm is trained."),
    size: str = _SIZE,
    rounds: int = typer.Option(12, min=1, help="Rounds of one local epoch."),
    recipe: str = typer.Option(
        "experiment-lesions", help="A segmenter's recipe, a name or a TOML file; its epochs and seed are not used."
    ),
    cohort: Path | None = _COHORT,
    margin: float = _MARGIN,
    cache: Path | None = _CACHE,
    device: str = _DEVICE,
    workers: int = _WORKERS,
    resume: bool = _RESUME,
) -> None:
    """CoviDet's segmenter of lesions (DL4), pooled and federated, at the six hospitals of covidet-federated."""
    chosen = {"cases": cases, "seeds": seeds, "size": size, "rounds": rounds, "margin": margin}
    _run(
        "lesions_federated",
        out,
        recipe,
        chosen | {"splits": (0.55, 0.12, 0.33)},
        {"cohort": cohort, "cache_folder": cache, "device": device, "workers": workers, "resume": resume},
    )


def _run(name: str, out: Path, recipe: str, settings: dict[str, Any], conditions: dict[str, Any], **more: str) -> None:
    """Run an experiment with a progress bar; stopped with Ctrl-C, say how to go on."""
    from pleura.federation.experiments.settings import ExperimentSettings
    from pleura.training.recipes import find_recipe

    chosen, run = ExperimentSettings(**settings), _find(name)

    from pleura.federation.experiments.conditions import Conditions
    from pleura.federation.learning.lessons.find import read_learned  # after `_find`, which says what is not installed

    read = read_learned(find_recipe(recipe))
    with watch() as watcher, stop_on_termination():
        try:
            run(chosen, out, recipe=read, conditions=Conditions(**conditions, watcher=watcher), **more)
        except KeyboardInterrupt:
            watcher.say(f"stopped; whole arms and rounds are kept in {out}: give the same call with --resume to go on")
            raise typer.Exit(1) from None
    typer.echo(f"{out / 'report.md'}")


def _find(name: str) -> Callable[..., object]:
    """Import one experiment, which takes torch seconds."""
    from importlib import import_module

    try:
        module = import_module(f"pleura.federation.experiments.{name}")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f'an experiment needs the package {error.name}; install it with: pip install "pleura[federation]"'
        ) from error
    found: Callable[..., object] = getattr(module, name)
    return found

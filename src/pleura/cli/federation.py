"""`pleura federation`: hospitals that train together; here a simulation of them in one process."""

import json
from dataclasses import replace
from pathlib import Path

import typer

from pleura.cli.federation_approve import approve
from pleura.cli.federation_init import init
from pleura.cli.federation_join import join
from pleura.cli.federation_leave import leave
from pleura.cli.federation_participate import participate
from pleura.cli.federation_release import release
from pleura.cli.federation_run import run
from pleura.cli.federation_serve import serve
from pleura.cli.federation_status import status
from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination
from pleura.errors import MissingExtraError

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Train together with other hospitals.")
_EXAMPLE = "Example: pleura federation"
app.command(epilog=f"{_EXAMPLE} init office ucadi --name valley --host federation.example.org")(init)
app.command(epilog=f"{_EXAMPLE} join aare --invitation invitation.toml --name aare --cohort cohort")(join)
app.command(epilog=f"{_EXAMPLE} approve office aare.request --out aare.admission")(approve)
app.command(epilog=f"{_EXAMPLE} serve office")(serve)
app.command(epilog=f"{_EXAMPLE} participate aare --admission aare.admission")(participate)
app.command(epilog=f"{_EXAMPLE} run office --rounds 1")(run)
app.command(epilog=f"{_EXAMPLE} status office")(status)
app.command(epilog=f"{_EXAMPLE} release aare --word aare.word --word birs.word --word cher.word --out released")(
    release
)
app.command(epilog=f"{_EXAMPLE} leave office cher")(leave)


@app.callback()
def _group() -> None:
    """Train together with other hospitals."""


@app.command(epilog="Example: pleura federation simulate demo --cohort cohort --rounds 5 --out run")
def simulate(
    recipe: str = typer.Argument(help="A recipe's name (ucadi, demo) or a TOML file."),
    cohort: Path = typer.Option(help="Folder with cases.csv and cohort.toml; three hospitals or more."),
    out: Path = typer.Option(help="Folder for the rounds' table and figure, and the model."),
    settings: Path | None = typer.Option(
        None, help="Federation settings, a TOML file; the options below go before what it says."
    ),
    rounds: int | None = typer.Option(None, min=1, help="Rounds; 30 by default."),
    local_epochs: int | None = typer.Option(
        None, min=1, help="Passes over a hospital's cases in a round; 1 by default."
    ),
    strategy: str | None = typer.Option(
        None, help="What becomes of the updates: fedavg (the default), fedprox, fedavgm, fedadam or fedbn."
    ),
    weights: str | None = typer.Option(
        None, help="What an update counts by: equal (the default), cases, or dynamic, by cases and validation gain."
    ),
    protection: str | None = typer.Option(
        None, help="How the sum is protected: ring (the default), seal, masks, or plain for not at all."
    ),
    device: str = typer.Option("cpu", help="cpu, or cuda for a GPU."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the last whole round in OUT."),
    start_from: str | None = typer.Option(
        None, "--from", metavar="MODEL", help="Begin with this model's weights, by path or name."
    ),
    cache: Path | None = typer.Option(None, help="Folder for prepared slices; your cache folder by default."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that prepare slices."),
    as_json: bool = typer.Option(False, "--json", help="Print the models' paths and the last row as JSON."),
) -> None:
    """Train a classifier, or a segmenter, in a federation of a cohort's hospitals, all of them in this process.

    Each hospital trains on its own cases and gives nothing but its protected update, weight and counts to the sum; the
    code is that of a real federation. Stopped with Ctrl-C it can go on later with --resume, to the same model.
    """
    from pleura.federation.learning.settings import FederationSettings, LocalSettings, read_federation
    from pleura.training.recipes import find_recipe

    try:
        from pleura.federation.learning.lessons.find import read_learned
        from pleura.federation.simulation.simulate import (
            simulate as simulate_federation,  # torch takes seconds to import
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f'a federation needs the package {error.name}; install it with: pip install "pleura[federation]"'
        ) from error

    chosen = FederationSettings() if settings is None else read_federation(settings)
    if rounds is not None:
        chosen = replace(chosen, rounds=rounds)
    if local_epochs is not None:
        chosen = replace(chosen, local=LocalSettings(amount=local_epochs, optimiser=chosen.local.optimiser))
    if strategy is not None:
        chosen = replace(chosen, strategy=replace(chosen.strategy, name=strategy))
    if weights is not None:
        chosen = replace(chosen, weights=replace(chosen.weights, by=weights))
    if protection is not None:
        chosen = replace(chosen, protection=replace(chosen.protection, backend=protection))
    with watch() as watcher, stop_on_termination():
        try:
            done = simulate_federation(
                read_learned(find_recipe(recipe)),
                cohort,
                out,
                chosen,
                device=device,
                resume=resume,
                start_from=start_from,
                cache_folder=cache,
                workers=workers,
                watcher=watcher,
            )
        except KeyboardInterrupt:
            watcher.say(f"stopped; what was done up to the last whole round is in {out}: go on with --resume")
            raise typer.Exit(1) from None
    if as_json:
        models = [{"name": one.card.name, "id": one.id, "path": str(one.path)} for one in done.models]
        typer.echo(json.dumps({"models": models, "last": done.rows[-1], "state_sha256": done.digest}, indent=1))
        return
    for model in done.models:
        typer.echo(model.path)

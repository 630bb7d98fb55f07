"""`pleura federation init`: the coordinator's folder is made, and the invitation for the hospitals."""

from dataclasses import replace
from pathlib import Path

import typer

__all__ = ["init"]


def init(
    folder: Path = typer.Argument(help="Coordinator's folder to make; the server's lies in it."),
    recipe: str = typer.Argument(help="How the hospitals train: a recipe's name (ucadi, demo) or a TOML file."),
    name: str = typer.Option(help="Of the federation: a-z, 0-9, '_' and '-'."),
    host: str = typer.Option(
        help="Under which the hospitals reach the server; on localhost it listens on this machine only."
    ),
    port: int = typer.Option(8002, min=1, max=65535, help="The one port that hospitals reach."),
    coordinator_port: int = typer.Option(
        8003, min=1, max=65535, help="Of the rounds' command; reached from the server's own machine only."
    ),
    settings: Path | None = typer.Option(None, help="Federation settings, a TOML file; without, the defaults."),
    rounds: int | None = typer.Option(None, min=1, help="Rounds in all; goes before what the settings say."),
    quorum: int = typer.Option(3, min=3, max=128, help="Hospitals of a round at the least."),
    start_from: str | None = typer.Option(
        None,
        "--from",
        metavar="MODEL",
        help="The first round begins with this model's weights; each hospital needs it.",
    ),
    synthetic: bool = typer.Option(False, "--synthetic", help="All cases are synthetic; without it, none are."),
) -> None:
    """Found a federation: the coordinator's keys, the server's keys and kit, and the invitation for the hospitals.

    Send FOLDER/invitation.toml to the hospitals, and let each compare its fingerprint with you by telephone. Nothing
    else of the folder is for others, and all private keys of coordinator and server lie in it.
    """
    from pleura.federation.learning.settings import FederationSettings, read_federation
    from pleura.training.recipes import find_recipe

    chosen = FederationSettings() if settings is None else read_federation(settings)
    chosen = replace(chosen, name=name, rounds=chosen.rounds if rounds is None else rounds)

    from pleura.federation.deployment.invitation import fingerprint_of
    from pleura.federation.deployment.office import found_federation
    from pleura.federation.learning.lessons.find import read_learned  # torch takes seconds to import

    office = found_federation(
        folder,
        read_learned(find_recipe(recipe)),
        chosen,
        host=host,
        ports=(port, coordinator_port),
        synthetic=synthetic,
        quorum=quorum,
        start_from=start_from,
    )
    invitation = office.folder / "invitation.toml"
    typer.echo(f"send {invitation} to the hospitals; its fingerprint, to be compared by telephone:", err=True)
    typer.echo(fingerprint_of(invitation))

"""`pleura federation leave`: a hospital leaves the federation."""

from pathlib import Path

import typer

__all__ = ["leave"]


def leave(
    folder: Path = typer.Argument(help="Coordinator's folder."),
    name: str = typer.Argument(help="The hospital that leaves."),
) -> None:
    """Sign a member list without a hospital; it counts from the next round on.

    The others draw a new group key, which the hospital does not get. It keeps what it has read, so the model up to now.
    Its certificate still connects, and nothing is asked of it. In the hospital, stop its `participate`.
    """
    from pleura.federation.deployment.office import Office

    office = Office.open(folder)
    members = office.dismiss(name)
    typer.echo(f"member list {members.number}: {', '.join(one.name for one in members.members)}")
    quorum = office.invitation.quorum
    if len(members.members) < quorum:
        typer.echo(f"{quorum} hospitals are needed for a round; let others join before the next one", err=True)

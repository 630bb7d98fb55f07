"""`pleura federation approve`: a hospital's request is signed, and its admission written to send back."""

from pathlib import Path

import typer

from pleura.cli.federation_fingerprint import compare

__all__ = ["approve"]


def approve(
    folder: Path = typer.Argument(help="Coordinator's folder."),
    request: Path = typer.Argument(help="The hospital's file."),
    out: Path = typer.Option(help="Admission to write and send back; holds nothing secret."),
    fingerprint: str | None = typer.Option(
        None, help="Of the request, as the hospital read it by telephone; without, it is shown and asked for."
    ),
) -> None:
    """Let a hospital in: sign its certificate, and a new member list in which it stands.

    Call the hospital under a number that you know, not one that came with the request.
    """
    from pleura.federation.deployment.invitation import fingerprint_of
    from pleura.federation.deployment.office import Office

    office = Office.open(folder)
    compare("request", fingerprint_of(request), fingerprint, "the hospital")
    members = office.approve(request, out)
    names = ", ".join(member.name for member in members.members)
    typer.echo(f"member list {members.number}: {names}", err=True)
    typer.echo(out)

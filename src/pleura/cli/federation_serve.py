"""`pleura federation serve`: the federation's server, until it is stopped."""

from pathlib import Path

import typer

from pleura.cli.termination import stop_on_termination

__all__ = ["serve"]


def serve(folder: Path = typer.Argument(help="Coordinator's folder.")) -> None:
    """Let hospitals connect, and rounds be run, until Ctrl-C or SIGTERM; a round that was under way is run again.

    Listens on the invitation's port for hospitals with a certificate of this federation, and on the coordinator's port
    for this machine only. All that the engine says goes to FOLDER/server/logs/server.log.
    """
    from pleura.federation.deployment.machine import keep_running
    from pleura.federation.deployment.office import Office
    from pleura.federation.engine.ports import refuse_served_ports
    from pleura.federation.engine.station import owner_only, sole_user

    office = Office.open(folder)
    invitation, home = office.invitation, office.folder / "server"
    logs = owner_only(home / "logs")
    with sole_user(logs, wait_s=0), stop_on_termination():
        refuse_served_ports("127.0.0.1", (invitation.port, invitation.coordinator_port))
        typer.echo(f"serving {invitation.settings.name} on port {invitation.port}; stop with Ctrl-C", err=True)
        try:
            keep_running(home, "server", logs / "server.log")
        except KeyboardInterrupt:
            typer.echo("the server has stopped", err=True)

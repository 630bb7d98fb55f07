"""`pleura federation join`: a hospital's folder is made, with keys that never leave it, and the request to send."""

from pathlib import Path

import typer

from pleura.cli.federation_fingerprint import compare

__all__ = ["join"]


def join(
    folder: Path = typer.Argument(help="Hospital's folder to make."),
    invitation: Path = typer.Option(help="The coordinator's file."),
    name: str = typer.Option(help="Of the hospital: a-z, 0-9 and '-'."),
    cohort: Path = typer.Option(help="Folder with this hospital's cases.csv and cohort.toml."),
    cases_of: str = typer.Option("", help="Where the folder has several hospitals' cases: whose to take."),
    device: str = typer.Option("cpu", help="cpu, or cuda for a GPU."),
    workers: int = typer.Option(1, min=1, max=64, help="Processes that prepare slices."),
    start_from: str | None = typer.Option(
        None, "--from", metavar="MODEL", help="The model that the invitation says the first round begins with."
    ),
    fingerprint: str | None = typer.Option(
        None, help="Of the invitation, as the coordinator read it by telephone; without, it is shown and asked for."
    ),
) -> None:
    """Make a hospital's keys and its request to be let in, in its own folder.

    Prints the request's fingerprint: read it to the coordinator by telephone, and send FOLDER/NAME.request. Then read
    FOLDER/policy.toml, which says what this hospital consents to.
    """
    from pleura.federation.deployment.invitation import fingerprint_of
    from pleura.federation.deployment.site import SiteSettings, join_federation

    compare("invitation", fingerprint_of(invitation), fingerprint, "the coordinator")
    settings = SiteSettings(name=name, cohort=str(cohort.absolute()), cases_of=cases_of, device=device, workers=workers)
    site = join_federation(folder, invitation, settings, start_from=start_from)
    request = site.folder / f"{name}.request"
    typer.echo(f"send {request} to the coordinator; its fingerprint, to be compared by telephone:", err=True)
    typer.echo(fingerprint_of(request))

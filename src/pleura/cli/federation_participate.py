"""`pleura federation participate`: a hospital's process, which takes part in rounds until it is stopped."""

from pathlib import Path
from typing import Any

import typer

from pleura.cli.progress import watch
from pleura.cli.termination import stop_on_termination
from pleura.errors import RecipeError

__all__ = ["participate"]


def participate(
    folder: Path = typer.Argument(help="Hospital's folder."),
    admission: Path | None = typer.Option(None, help="The coordinator's file; given once."),
) -> None:
    """Connect to the federation's server and take part in its rounds, until Ctrl-C or SIGTERM.

    Connects outward only. What the server asks is held against FOLDER/policy.toml; what leaves the hospital is
    protected updates, shares, signatures and, sealed, the model. All that the engine says goes to
    FOLDER/logs/hospital.log, and stays here.
    """
    from pleura.federation.deployment.machine import keep_running
    from pleura.federation.deployment.site import Site, admit
    from pleura.federation.deployment.standing import read_records
    from pleura.federation.engine.station import owner_only, sole_user
    from pleura.federation.rounds.policy import read_policy

    site = Site.open(folder)
    with sole_user(owner_only(site.folder / "logs"), wait_s=0), stop_on_termination(), watch() as watcher:
        if admission is not None:
            members = admit(site, admission)
            watcher.say(f"admitted; member list {members.number}: {', '.join(one.name for one in members.members)}")
        if not site.admitted:
            raise RecipeError(f"{site.settings.name} has not been admitted yet; give the coordinator's --admission")
        read_policy(site.folder / "policy.toml")
        known = len(read_records(site.state))

        def look() -> None:
            nonlocal known
            records = read_records(site.state)
            for record in records[known:]:
                watcher.say(_in_words(record))
            known = len(records)

        try:
            from pleura.federation.deployment.work import prepare_site  # torch takes seconds to import

            prepare_site(site, watcher)
            place = site.invitation.place
            watcher.say(f"{site.settings.name} connects to {place.host}:{place.port}; stop with Ctrl-C")
            keep_running(site.certificate, "hospital", site.folder / "logs" / "hospital.log", look=look)
        except KeyboardInterrupt:
            watcher.say(f"{site.settings.name} has stopped")


def _in_words(record: dict[str, Any]) -> str:
    """Say a line of the ledger for the hospital's people; rounds are counted from 1."""
    number = record["round"] + 1
    attempt = f", attempt {record['attempt'] + 1}" if record.get("attempt") else ""
    words = {
        "began": "begins from the first model",
        "accepted": f"round {number}{attempt}: takes part under descriptor {record.get('descriptor', '')[:16]}",
        "uploaded": f"round {number}{attempt}: trained; {record.get('bytes', 0) / 1e6:.2f} MB are ready to be fetched",
        "answered": f"round {number}{attempt}: answered for {len(record.get('senders', ()))} hospitals",
        "applied": f"holds model {record.get('model', '')[:16]} after {record['round']} rounds",
        "snapshot": f"took model {record.get('model', '')[:16]} after {record['round']} rounds from the others",
        "released": f"released model {record.get('model', '')[:16]}",
    }
    return words.get(record["kind"], str(record["kind"]))

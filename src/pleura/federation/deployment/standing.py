"""A coordinator's or a hospital's folder in, how its rounds stand out; read only, also while they run."""

import json
from pathlib import Path
from typing import Any

from pleura.errors import RecipeError
from pleura.federation.deployment.office import Office
from pleura.federation.deployment.server import read_log
from pleura.federation.deployment.site import METRICS, Site
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.descriptor import SignedDescriptor

__all__ = ["read_metrics", "read_records", "stand_of", "stand_of_hospital", "stand_of_office"]

Table = dict[str, Any]


def stand_of(folder: Path) -> Table:
    """Tell how a federation stands, from whichever folder; `RecipeError` if it is neither's."""
    if (folder / "server" / "state").is_dir():
        return stand_of_office(Office.open(folder))
    if (folder / "hospital.toml").is_file():
        return stand_of_hospital(Site.open(folder))
    raise RecipeError(f"{folder} is neither a coordinator's folder nor a hospital's; name one of them")


def stand_of_office(office: Office) -> Table:
    """Tell what the server knows: who is a member, which rounds are committed, what they cost; no metrics."""
    members = office.members()
    names = {one.fingerprint: one.name for one in members.members} if members else {}
    log = read_log(office.state)
    rounds = []
    for path in sorted((office.state / "rounds" / "rounds").glob("*/commit.json")):
        commit = Commit.from_bytes(path.read_bytes())
        signed = path.parent / f"attempt-{commit.attempt:06d}" / "descriptor"
        number = commit.round + 1
        row: Table = {
            "round": number,
            "attempt": commit.attempt + 1,
            "hospitals": len(commit.senders),
            "upload_bytes": commit.upload_bytes,
            "seconds": commit.seconds,
            "committed": commit.when,
        }
        if signed.is_file():  # of older rounds only the commit stays
            descriptor = SignedDescriptor.from_bytes(signed.read_bytes(), office.coordinator).descriptor
            row["names"] = [names.get(descriptor.members[place], "(left)") for place in commit.senders]
        refused = [one["refused"] for one in log if "upload_bytes" in one and one["round"] == number and one["refused"]]
        rounds.append(row | ({"refused": refused[-1]} if refused else {}))
    failed = [one for one in log if "failed" in one]
    return {
        "federation": office.invitation.settings.name,
        "rounds_wanted": office.invitation.settings.rounds,
        "member_list": members.number if members else None,
        "members": sorted(names.values()),
        "rounds": rounds,
        "last_failure": {"round": failed[-1]["round"], "why": failed[-1]["failed"]} if failed else None,
    }


def stand_of_hospital(site: Site) -> Table:
    """Tell what a hospital knows: what it sent and when, the model that it holds, and the federation's metrics."""
    records = read_records(site.state)
    moved = [one for one in records if one["kind"] in ("began", "applied", "snapshot")]
    sent = [one for one in records if one["kind"] == "uploaded"]
    return {
        "federation": site.invitation.settings.name,
        "hospital": site.settings.name,
        "admitted": site.admitted,
        "rounds_behind_model": moved[-1]["round"] if moved else 0,
        "model": moved[-1]["model"] if moved else "",
        "uploads": [
            {"round": one["round"] + 1, "attempt": one["attempt"] + 1, "bytes": one["bytes"], "when": one["when"]}
            for one in sent
        ],
        "released": [one["model"] for one in records if one["kind"] == "released"],
        "metrics": read_metrics(site),
    }


def read_metrics(site: Site) -> list[Table]:
    """Read how good the federation's model was before each round that this hospital opened, oldest first."""
    paths = sorted((site.state / METRICS).glob("[0-9]*.json"))
    return [json.loads(path.read_bytes()) for path in paths]


def read_records(state: Path) -> list[Table]:
    """Read a hospital's ledger without checking or touching it, oldest first; nothing before the first round."""
    try:
        lines = (state / "rounds" / "ledger").read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line[65:]) for line in lines if line.endswith("\n")]

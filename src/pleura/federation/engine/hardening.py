"""A kit as the engine makes it in, the same kit out, closed to all that rounds do not need.

The engine's own kits let jobs bring code, build any of a long list of classes, stream a hospital's logs to the server,
and keep jobs and snapshots under /tmp, where others of the machine may read them.
"""

import json
from pathlib import Path
from typing import Any, Final, Literal

from pleura.errors import RecipeError
from pleura.federation.engine.job import HOSPITAL_CLASS, SERVER_CLASS
from pleura.federation.engine.station import Station, owner_only, save_station
from pleura.whole_file import write_text

__all__ = ["harden"]

_NO_HEARTBEAT_S: Final = 60
"""Seconds after which a hospital that says nothing counts as gone; the engine's own are 600."""
_MAY: Final = {
    "server": {"submit_job": "any", "view": "any", "manage_job": "any", "app_command": "any"},
    "hospital": {"submit_job": "any"},
}
_RIGHTS: Final = (
    "submit_job",
    "view",
    "manage_job",
    "operate",
    "byoc",
    "shell_commands",
    "download_job",
    "clone_job",
    "app_command",
    "server-predeployed-flwr",
)
_TRIES: Final = {"min_schedule_interval": 1.0, "max_schedule_interval": 5.0, "max_schedule_count": 100_000}
"""A job that finds too few hospitals is tried again soon; the engine's own waits go up to 600 s, and end."""
_NOT_NEEDED: Final = {"log_receiver", "site_log_streamer"}


def harden(kit: Path, kind: Literal["server", "hospital"], station: Station, engine_files: Path) -> None:
    """Close a kit, before it is started for the first time.

    Parameters
    ----------
    kit : of `make_kit`
    kind : of the machine it is for
    station : the machine's own settings, written beside the engine's
    engine_files : made, for the owner only; the server keeps its jobs and snapshots here

    Raises
    ------
    RecipeError
        If the kit is none.
    """
    owner_only(engine_files)
    owner_only(station.state)
    local = kit / "local"
    try:
        given = json.loads((local / "resources.json.default").read_text(encoding="utf-8"))
        closed = _close_resources(given, kind, engine_files)
        if kind == "server":
            _close_server(kit / "startup" / "fed_server.json")
    except (OSError, ValueError, KeyError) as error:
        raise RecipeError(f"{kit} is no kit of a {kind}: {error!r}; make it anew") from error
    write_text(local / "resources.json", json.dumps(closed, indent=1))
    rights = {right: _MAY[kind].get(right, "none") for right in _RIGHTS}
    write_text(
        local / "authorization.json",
        json.dumps({"format_version": "1.0", "permissions": {"lead": rights, "project_admin": "none"}}, indent=1),
    )
    write_text(local / "comm_config.json", json.dumps({"allow_adhoc_conns": False}, indent=1))
    save_station(local, station)
    for folder in (kit, kit / "startup", local):
        folder.chmod(0o700)


def _close_resources(given: dict[str, Any], kind: str, engine_files: Path) -> dict[str, Any]:
    """Resources that build our class of this side and no other, and keep nothing under /tmp."""
    closed = dict(given)
    closed["class_allow_list"] = [SERVER_CLASS if kind == "server" else HOSPITAL_CLASS]
    closed["class_list_enforcement_mode"] = "enforce"
    closed["components"] = [part for part in given["components"] if part["id"] not in _NOT_NEEDED]
    if kind == "hospital":
        closed["allow_log_streaming"] = False
        return closed
    for part in closed["components"]:
        if part["id"] == "job_scheduler":
            part["args"] = part["args"] | _TRIES
    closed["servers"] = [{**given["servers"][0], "heart_beat_timeout": _NO_HEARTBEAT_S}]
    text = json.dumps(closed)
    for theirs, ours in (("/tmp/nvflare/snapshot-storage", "snapshots"), ("/tmp/nvflare/jobs-storage", "jobs")):  # noqa: S108
        if theirs not in text:
            raise KeyError(theirs)
        text = text.replace(theirs, json.dumps(str(engine_files / ours))[1:-1])
    moved: dict[str, Any] = json.loads(text)
    return moved


def _close_server(path: Path) -> None:
    """Let the coordinator's port be reached from the server's own machine only."""
    startup = json.loads(path.read_text(encoding="utf-8"))
    startup["servers"][0]["admin_host"] = "127.0.0.1"
    write_text(path, json.dumps(startup, indent=1))

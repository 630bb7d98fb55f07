"""A job of the engine: a folder with three small JSON files, which names two classes and holds no code."""

import json
from pathlib import Path
from typing import Final

from pleura.whole_file import write_text

__all__ = ["GO_ON", "HOSPITAL_CLASS", "SERVER_CLASS", "TASK", "write_job"]

SERVER_CLASS: Final = "pleura.federation.engine.server_app.RoundController"
HOSPITAL_CLASS: Final = "pleura.federation.engine.hospital_app.RoundExecutor"
TASK: Final = "ask"
"""The one task that the engine knows; what is asked stands in its message."""
GO_ON: Final = "go-on"
"""The one thing that the coordinator says to a running job: the number of the last round that it may play."""


def write_job(folder: Path, number: int, least: int) -> Path:
    """Write a job.

    Parameters
    ----------
    folder : made if it is not there; what it holds under the same names is replaced
    number : of its first round, from 1; however late or often the job comes, the server plays this one next or none,
        and then those for which the coordinator gives its word while the job runs
    least : hospitals without which the engine does not start the job

    Returns
    -------
    the folder
    """
    config = folder / "app" / "config"
    config.mkdir(mode=0o700, parents=True, exist_ok=True)
    executor = {"path": HOSPITAL_CLASS, "args": {}}
    for path, content in (
        (
            folder / "meta.json",
            {"name": f"round-{number}", "resource_spec": {}, "min_clients": least, "deploy_map": {"app": ["@ALL"]}},
        ),
        (
            config / "config_fed_server.json",
            {
                "format_version": 2,
                "server": {"task_request_interval": 0.2},
                "components": [],
                "workflows": [{"id": "round", "path": SERVER_CLASS, "args": {"number": number}}],
            },
        ),
        (
            config / "config_fed_client.json",
            {"format_version": 2, "components": [], "executors": [{"tasks": [TASK], "executor": executor}]},
        ),
    ):
        write_text(path, json.dumps(content, indent=1))
    return folder

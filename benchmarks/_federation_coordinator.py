"""The coordinator's process of the federation's benchmark: runs rounds as `pleura federation run` does.

A process of its own, since the engine's threads and logs outlive a session.
"""

import json
import sys
from functools import partial
from pathlib import Path

from pleura.federation.deployment.server import read_failures, read_lists
from pleura.federation.engine.kits import COORDINATOR
from pleura.federation.engine.progress import CommittedRounds
from pleura.federation.engine.rolling import Pace, run_rounds
from pleura.federation.engine.server_app import open_session

if __name__ == "__main__":
    settings = json.loads(sys.argv[1])
    state = Path(settings["state"])
    progress = CommittedRounds(
        state / "rounds",
        partial(read_lists, state),
        (state / "coordinator").read_bytes(),
        partial(read_failures, state),
    )
    run_rounds(
        partial(open_session, Path(settings["kit"]), COORDINATOR),
        progress,
        Path(settings["jobs"]),
        settings["rounds"],
        Pace(least=settings["least"], rounds_a_job=settings["rounds_a_job"]),
        say=partial(print, flush=True),
    )

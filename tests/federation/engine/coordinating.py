"""The coordinator's process of the tests: runs rounds until there are as many as its settings, read anew, want."""

import json
import sys
import time
from functools import partial
from pathlib import Path

from pleura.federation.engine.rolling import Pace, run_rounds
from pleura.federation.engine.server_app import open_session
from pleura.federation.engine.station import load_entry

if __name__ == "__main__":
    path = Path(sys.argv[1])
    settings = json.loads(path.read_text())
    progress = load_entry(settings["progress"])(Path(settings["state"]))
    while True:
        run_rounds(
            partial(open_session, Path(settings["kit"]), settings["name"]),
            progress,
            Path(settings["jobs"]),
            json.loads(path.read_text())["rounds"],
            Pace(**settings["pace"]),
            say=partial(print, flush=True),
        )
        time.sleep(0.1)

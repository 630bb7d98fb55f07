"""The coordinator's process of the tests: runs rounds until there are as many as its settings want."""

import json
import sys
from functools import partial
from pathlib import Path

from federation.engine.summing import Committed
from pleura.federation.engine.rolling import Pace, run_rounds
from pleura.federation.engine.server_app import open_session

if __name__ == "__main__":
    settings = json.loads(Path(sys.argv[1]).read_text())
    run_rounds(
        partial(open_session, Path(settings["kit"]), settings["name"]),
        Committed(Path(settings["state"])),
        Path(settings["jobs"]),
        settings["rounds"],
        Pace(**settings["pace"]),
        say=partial(print, flush=True),
    )

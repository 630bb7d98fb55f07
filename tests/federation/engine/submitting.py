"""The coordinator's process of the tests that submits jobs as they lie there, and writes down what became of each."""

import json
import sys
import time
from pathlib import Path

from pleura.federation.engine.server_app import open_session

if __name__ == "__main__":
    kit, name, fates, *jobs = sys.argv[1:]
    found = {}
    with open_session(Path(kit), name) as session:
        for job in map(Path, jobs):
            try:
                made = session.submit(job)
                end = time.monotonic() + 40
                while not session.status(made).startswith("FINISHED") and time.monotonic() < end:
                    time.sleep(0.2)
                found[job.name] = session.status(made)
            except Exception as error:  # the server's refusal
                found[job.name] = f"refused: {error}"
    Path(fates).with_suffix(".new").write_text(json.dumps(found))
    Path(fates).with_suffix(".new").rename(fates)

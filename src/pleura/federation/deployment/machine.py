"""A machine's kit in, its running engine out, watched until it is told to stop; every process of it is ended then."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from pleura.errors import RecipeError
from pleura.federation.engine.processes import start_kit

__all__ = ["find_kit", "keep_running"]

_LOOK_S: Final = 0.3


def find_kit(home: Path) -> Path:
    """Find the kit that `make_kit` made in a folder; `RecipeError` if there is not just one."""
    found: Sequence[Path] = sorted((home / "kits").glob("*/prod_*/*/startup"))
    if len(found) != 1:
        raise RecipeError(
            f"{home} holds {len(found)} kits, and needs one; bring it back from a backup, or enrol in a new folder"
        )
    return found[0].parent


def keep_running(
    home: Path,
    kind: Literal["server", "hospital"],
    log: Path,
    *,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Start a kit and stay until Ctrl-C or SIGTERM, which come as `KeyboardInterrupt`; nothing of it runs after that.

    Parameters
    ----------
    home : in which the kit was made
    kind : of machine
    log : file to which what it says is added
    look : called a few times a second meanwhile

    Raises
    ------
    RecipeError
        If the engine ends by itself.
    """
    running = start_kit(find_kit(home), kind, log)
    try:
        while running.alive():
            look()
            time.sleep(_LOOK_S)
        raise RecipeError(f"the {kind}'s engine ended by itself; {log} says why")
    finally:
        running.stop()

"""A machine's kit in, its running engine out, watched until it is told to stop; every process of it is ended then."""

import socket
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal

from pleura.errors import RecipeError
from pleura.federation.engine.processes import start_kit

__all__ = ["check_own_host", "find_kit", "keep_running"]

_LOOK_S: Final = 0.3


def check_own_host(host: str) -> None:
    """Refuse to run rounds where the server's name leads elsewhere, as its coordinator's port is on loopback only.

    The server's certificate is for its name, so the name cannot be replaced by 127.0.0.1 in the connection.

    Raises
    ------
    RecipeError
        If the name is not known here, or does not lead to this machine's loopback interface.
    """
    try:
        found = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, None)})
    except OSError as error:
        found = [str(error)]
    if not all(_loopback(address) for address in found):
        raise RecipeError(
            f"on this machine {host} leads to {', '.join(found)}, and rounds are run over the loopback interface; "
            f"add to /etc/hosts, on the server's machine only: 127.0.0.1 {host}"
        )


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


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

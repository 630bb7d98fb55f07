"""A host and its ports in, a refusal out if somebody serves there already.

FLARE lets two servers share a port, and hospitals then meet now one and now the other; nobody is told.
"""

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from pleura.errors import RecipeError

__all__ = ["free_ports", "refuse_served_ports", "server_ports"]


def refuse_served_ports(host: str, ports: Iterable[int]) -> None:
    """Refuse to start where something answers.

    Raises
    ------
    RecipeError
        If something answers at one of the ports.
    """
    for port in ports:
        with socket.socket() as probe:
            probe.settimeout(2.0)
            if probe.connect_ex((host, port)) == 0:
                raise RecipeError(
                    f"{host}:{port} is served already, and two servers would share the hospitals between them; "
                    "end the other server or take another port"
                )


def server_ports(kit: Path) -> list[int]:
    """Read from a server's kit at which ports it will listen: the hospitals' and the coordinator's.

    Raises
    ------
    RecipeError
        If it is no kit of a server.
    """
    path = kit / "startup" / "fed_server.json"
    try:
        (server,) = json.loads(path.read_text(encoding="utf-8"))["servers"]
        return [int(server["service"]["target"].rpartition(":")[2]), int(server["admin_port"])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"cannot read the ports in {path}: {error!r}; make the server's kit anew") from error


def free_ports(count: int) -> list[int]:
    """Find ports of the loopback interface that nobody uses now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()

"""Ports that are served, against sockets of the test; a server's own ports, against a kit written by hand."""

import json
import socket
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.ports import free_ports, refuse_served_ports, server_ports


def test_a_served_port_is_refused() -> None:
    (free,) = free_ports(1)
    refuse_served_ports("127.0.0.1", [free])
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(RecipeError, match=f"127.0.0.1:{port} is served already"):
            refuse_served_ports("127.0.0.1", [free, port])


def test_a_servers_ports_stand_in_its_kit(tmp_path: Path) -> None:
    (tmp_path / "startup").mkdir()
    path = tmp_path / "startup" / "fed_server.json"
    path.write_text(json.dumps({"servers": [{"service": {"target": "lungs.example:8002"}, "admin_port": 8003}]}))
    assert server_ports(tmp_path) == [8002, 8003]
    for text in ("", "{}", '{"servers": []}', '{"servers": [{"service": {"target": "x"}, "admin_port": 1}]}'):
        path.write_text(text)
        with pytest.raises(RecipeError, match="make the server's kit anew"):
            server_ports(tmp_path)

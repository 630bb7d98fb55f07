"""Certificates and kits: a name in, a kit out, whose private key was made on the machine that keeps it.

Three steps, each on its own machine: a participant makes a key and a request; the coordinator signs the request; the
participant makes its kit from the signed answer. The key of the authority stays with the coordinator, and no private
key travels. The commands are the engine's own; they run as processes of their own, with a home folder of their own.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pleura.errors import RecipeError
from pleura.federation.engine.station import owner_only
from pleura.whole_file import write_text

__all__ = ["COORDINATOR", "Place", "approve", "make_authority", "make_kit", "make_request"]

COORDINATOR: Final = "coordinator@federation.org"
"""Name in the certificate with which rounds are submitted. No mail goes there."""
_PROJECT: Final = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_HOSPITAL: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")


@dataclass(frozen=True)
class Place:
    """Where a federation's server is found.

    Raises
    ------
    RecipeError
        If a name cannot stand in a certificate, or the ports are one.
    """

    federation: str
    host: str
    """Name under which the hospitals reach the server; it stands in the server's certificate. On `localhost` the
    server listens on the loopback interface only."""
    port: int
    """The one port that hospitals reach."""
    coordinator_port: int
    """Reached from the server's own machine only."""

    def __post_init__(self) -> None:
        if not _PROJECT.fullmatch(self.federation):
            raise RecipeError(
                f"a federation's name has 1 to 41 of a-z, 0-9, '_' and '-' and begins with a letter, "
                f"got {self.federation!r}"
            )
        if self.port == self.coordinator_port or not all(0 < p < 65536 for p in (self.port, self.coordinator_port)):
            raise RecipeError(f"two different ports are needed, got {self.port} and {self.coordinator_port}")


def make_authority(folder: Path, place: Place) -> str:
    """Make the federation's certificate authority; the coordinator does it, once.

    Parameters
    ----------
    folder : made; its key never leaves it
    place : of the server

    Returns
    -------
    the fingerprint of the authority's certificate, which every participant is told on another way

    Raises
    ------
    RecipeError
        If the engine refuses.
    """
    owner_only(folder)
    profile = {
        "name": place.federation,
        "scheme": "grpc",
        "connection_security": "mtls",
        "server": {"host": place.host, "fed_learn_port": place.port, "admin_port": place.coordinator_port},
    }
    write_text(folder / "place.yaml", json.dumps(profile))  # JSON is YAML
    _engine(folder, "cert", "init", "--profile", folder / "place.yaml", "-o", folder)
    return str(json.loads((folder / "ca.json").read_text(encoding="utf-8"))["rootCA_fingerprint"])


def make_request(folder: Path, federation: str, name: str, kind: Literal["hospital", "server", "coordinator"]) -> Path:
    """Make a private key and a request for a certificate, on the machine that will use them.

    Parameters
    ----------
    folder : made, for the owner only; the key stays here
    federation : its name
    name : of the hospital; the host of a server; `COORDINATOR`
    kind : of participant

    Returns
    -------
    the request, to be sent to the coordinator

    Raises
    ------
    RecipeError
        If the name cannot stand in a certificate, or the engine refuses.
    """
    participant = {
        "hospital": {"type": "client", "org": name.replace("-", "_")},
        "server": {"type": "server", "org": "coordinator"},
        "coordinator": {"type": "admin", "org": "coordinator", "role": "lead"},
    }[kind]
    if kind == "hospital" and not _HOSPITAL.fullmatch(name):
        raise RecipeError(f"a hospital's name has 1 to 41 of a-z, 0-9 and '-' and begins with a letter, got {name!r}")
    owner_only(folder)
    write_text(
        folder / "participant.yaml", json.dumps({"name": federation, "participants": [{"name": name, **participant}]})
    )
    _engine(folder, "cert", "request", "-p", folder / "participant.yaml", "--out", folder / "request")
    return folder / "request" / f"{name}.request.zip"


def approve(authority: Path, request: Path, folder: Path) -> Path:
    """Sign a request; the coordinator does it, after it made sure who asks.

    Parameters
    ----------
    authority : folder of `make_authority`
    request : of `make_request`
    folder : where the signed answer is written

    Returns
    -------
    the answer, which holds nothing secret and goes back

    Raises
    ------
    RecipeError
        If the engine refuses.
    """
    answer = folder / request.name.replace(".request.zip", ".signed.zip")
    profile = authority / "place.yaml"
    _engine(authority, "cert", "approve", request, "-c", authority, "--profile", profile, "--out", answer)
    return answer


def make_kit(folder: Path, answer: Path, fingerprint: str) -> Path:
    """Make a participant's kit from its key and the signed answer.

    Parameters
    ----------
    folder : of `make_request`
    answer : of `approve`
    fingerprint : of the authority, as the coordinator told it on another way

    Returns
    -------
    the kit's folder, not hardened yet

    Raises
    ------
    RecipeError
        If the answer belongs to another key or another authority.
    """
    place = folder / "kits"
    request = folder / "request"
    _engine(folder, "package", answer, "--request-dir", request, "-w", place, "--fingerprint", fingerprint)
    (kit,) = place.glob("*/prod_*/*/startup")
    return kit.parent


def _engine(home: Path, *arguments: str | Path) -> None:
    """Run one of the engine's commands; what it notes of itself stays in `home`."""
    command = [sys.executable, "-m", "nvflare.cli", *map(str, arguments)]
    environment = os.environ | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603 (the arguments are ours)
        command, env=environment, cwd=home, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-800:]
        raise RecipeError(f"the engine refuses {arguments[0]} {arguments[1]}: {said}")

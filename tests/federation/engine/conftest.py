"""Kits that are made once for the tests that look at them."""

from pathlib import Path

import pytest

from pleura.federation.engine.hardening import harden
from pleura.federation.engine.kits import Place, approve, make_authority, make_kit, make_request
from pleura.federation.engine.station import Station

PLACE = Place("breath", "localhost", 18002, 18003)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and the kits of a server and a hospital as the engine makes them, hardened."""
    folder = tmp_path_factory.mktemp("kits")
    fingerprint = make_authority(folder / "authority", PLACE)
    for name, kind in (("localhost", "server"), ("aare", "hospital")):
        request = make_request(folder / name, PLACE.federation, name, kind)
        answer = approve(folder / "authority", request, folder)
        kit = make_kit(folder / name, answer, fingerprint)
        harden(kit, kind, Station("a.b:c", folder / name / "state"), folder / name / "engine")
    return folder

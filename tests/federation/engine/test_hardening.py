"""A kit as the engine makes it, closed: what it may build, who may do what, where files lie; read back from disk."""

import json
import stat
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.hardening import harden
from pleura.federation.engine.job import HOSPITAL_CLASS, SERVER_CLASS
from pleura.federation.engine.kits import Place, approve, make_authority, make_kit, make_request
from pleura.federation.engine.station import Station, load_station

PLACE = Place("breath", "localhost", 18002, 18003)


@pytest.fixture(scope="module")
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


def kit_of(homes: Path, name: str) -> Path:
    (kit,) = (homes / name / "kits").glob(f"*/*/{name}")
    return kit


def read(path: Path) -> dict:
    return json.loads(path.read_text())


@pytest.mark.parametrize(("name", "builds"), [("localhost", SERVER_CLASS), ("aare", HOSPITAL_CLASS)])
def test_a_kit_builds_one_class_and_takes_no_code(homes: Path, name: str, builds: str) -> None:
    local = kit_of(homes, name) / "local"
    resources = read(local / "resources.json")
    assert resources["class_allow_list"] == [builds]
    assert resources["class_list_enforcement_mode"] == "enforce"
    rights = read(local / "authorization.json")["permissions"]
    assert set(rights) == {"lead", "project_admin"}
    assert rights["project_admin"] == "none"
    allowed = {right for right, whom in rights["lead"].items() if whom != "none"}
    assert allowed == ({"submit_job", "view", "manage_job"} if name == "localhost" else {"submit_job"})
    assert rights["lead"]["byoc"] == "none"
    assert "log" not in " ".join(part["id"] for part in resources["components"])
    assert read(local / "comm_config.json") == {"allow_adhoc_conns": False}
    assert load_station(local) == Station("a.b:c", homes / name / "state")


def test_a_hospitals_logs_stay(homes: Path) -> None:
    assert read(kit_of(homes, "aare") / "local" / "resources.json")["allow_log_streaming"] is False


def test_the_server_keeps_nothing_under_tmp_nvflare_and_shuts_the_coordinators_port(homes: Path) -> None:
    kit = kit_of(homes, "localhost")
    text = (kit / "local" / "resources.json").read_text()
    assert "/tmp/nvflare" not in text
    assert text.count(str(homes / "localhost" / "engine")) == 2
    resources = read(kit / "local" / "resources.json")
    assert resources["servers"][0]["heart_beat_timeout"] == 60
    (tries,) = [part["args"] for part in resources["components"] if part["id"] == "job_scheduler"]
    assert tries["max_schedule_interval"] <= 5
    (server,) = read(kit / "startup" / "fed_server.json")["servers"]
    assert server["admin_host"] == "127.0.0.1"
    assert server["admin_port"] == 18003
    assert server["connection_security"] == "mtls"
    assert server["service"] == {"target": "localhost:18002", "scheme": "grpc"}


def test_private_keys_are_where_they_were_made_and_for_the_owner_only(homes: Path) -> None:
    keys = sorted(homes.rglob("*.key"))
    assert {path.relative_to(homes).parts[0] for path in keys} == {"authority", "localhost", "aare"}
    for path in [*keys, *homes.rglob("*.pem")]:
        if b"PRIVATE KEY" in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for name in ("localhost", "aare"):
        assert b"PRIVATE KEY" not in (homes / f"{name}.signed.zip").read_bytes()
        for folder in (homes / name, homes / name / "engine", homes / name / "state", kit_of(homes, name)):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_another_authoritys_fingerprint_is_refused(homes: Path) -> None:
    wrong = "SHA256:" + ":".join(["00"] * 32)
    with pytest.raises(RecipeError, match="refuses package"):
        make_kit(homes / "aare", homes / "aare.signed.zip", wrong)


def test_what_is_no_kit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is no kit"):
        harden(tmp_path, "server", Station("a.b:c", tmp_path / "state"), tmp_path / "engine")


@pytest.mark.parametrize("name", ["Aare", "a b", "../aare", "", "a" * 42, "aare@x"])
def test_names_that_cannot_stand_in_a_certificate_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError):
        make_request(tmp_path / "home", "breath", name, "hospital")
    with pytest.raises(RecipeError):
        Place(name, "localhost", 1, 2)


@pytest.mark.parametrize("ports", [(5, 5), (0, 5), (5, 65536)])
def test_ports_that_cannot_be_are_refused(ports: tuple[int, int]) -> None:
    with pytest.raises(RecipeError, match="two different ports"):
        Place("breath", "localhost", *ports)

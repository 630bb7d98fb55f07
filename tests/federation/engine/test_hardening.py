"""A kit as the engine makes it, closed: what it may build, who may do what, where files lie; read back from disk."""

import json
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.federation.engine.hardening import harden
from pleura.federation.engine.job import HOSPITAL_CLASS, SERVER_CLASS
from pleura.federation.engine.station import Station, load_station


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
    everything = {"submit_job", "view", "manage_job", "app_command"}
    assert allowed == (everything if name == "localhost" else {"submit_job"})
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


def test_what_is_no_kit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is no kit"):
        harden(tmp_path, "server", Station("a.b:c", tmp_path / "state"), tmp_path / "engine")

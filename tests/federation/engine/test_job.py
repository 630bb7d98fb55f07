"""A round's job, read back: two names of classes that exist, a number, and nothing else."""

import json
from pathlib import Path

from pleura.federation.engine.job import HOSPITAL_CLASS, SERVER_CLASS, write_job
from pleura.federation.engine.station import load_entry


def test_a_job_names_our_two_classes_and_holds_no_code(tmp_path: Path) -> None:
    write_job(tmp_path / "job", 6, 3)
    job = write_job(tmp_path / "job", 7, 3)
    files = sorted(path for path in job.rglob("*") if path.is_file())
    assert [path.name for path in files] == ["config_fed_client.json", "config_fed_server.json", "meta.json"]
    client, server, meta = (json.loads(path.read_text()) for path in files)
    assert [executor["executor"] for executor in client["executors"]] == [{"path": HOSPITAL_CLASS, "args": {}}]
    assert server["workflows"] == [{"id": "round", "path": SERVER_CLASS, "args": {"number": 7}}]
    assert client["components"] == server["components"] == []
    assert meta["min_clients"] == 3


def test_the_classes_are_where_the_job_says() -> None:
    for path in (HOSPITAL_CLASS, SERVER_CLASS):
        module, _, name = path.rpartition(".")
        assert load_entry(f"{module}:{name}").__name__ == name

"""The hospital's class of the engine, without a network: who may pull a file, and what a handler's answers become."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from nvflare.apis.event_type import EventType
from nvflare.apis.signal import Signal
from nvflare.fuel.f3.streaming.download_service import ProduceRC

from pleura.errors import PolicyError
from pleura.federation.engine.hospital_app import RoundExecutor, _Guarded, _Pulled
from pleura.federation.engine.offers import IncomingFile, Offer
from pleura.federation.engine.station import Station, save_station, sole_user
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.file_hash import hash_file


def test_only_those_named_may_pull(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10
    (tmp_path / "mine").write_bytes(content)
    guarded = _Guarded(tmp_path / "mine", ["server.job"], chunk_bytes=1000)
    for stranger in ("birs.job", "server", "server.job.more", ""):
        assert guarded.produce({}, stranger)[:2] == (ProduceRC.ERROR, None)
    pulled = _Pulled(IncomingFile(tmp_path / "pulled", Offer("R", 2560, hash_file(tmp_path / "mine"))), lambda: None)
    code, chunk, state = guarded.produce({}, "server.job")
    while code == ProduceRC.OK:
        assert len(chunk) <= 1000
        assert pulled.consume("R", state, chunk) == state
        code, chunk, state = guarded.produce(state, "server.job")
    pulled.download_completed("R")
    assert (tmp_path / "pulled").read_bytes() == content


class Handler:
    def __init__(self, state: Path) -> None:
        with (state / "made").open("a") as made:
            made.write("once")

    def handle(self, task: str, message: bytes, files: object) -> Reply:
        if task == "refuse":
            raise PolicyError("not with us")
        if task == "fail":
            raise ValueError("the patient is 63 years old")
        return Reply(message[::-1])


@pytest.fixture
def context(tmp_path: Path) -> SimpleNamespace:
    """What the executor asks of the engine."""
    save_station(tmp_path, Station("federation.engine.test_hospital_app:Handler", tmp_path / "state"))
    workspace = SimpleNamespace(get_site_config_dir=lambda: str(tmp_path))
    engine = SimpleNamespace(get_workspace=lambda: workspace, get_cell=lambda: None)
    return SimpleNamespace(get_engine=lambda: engine, get_job_id=lambda: "job-1", get_identity_name=lambda: "aare")


def letter(task: str) -> dict:
    return {"task": task, "message": b"abc", "files": {}, "deadline_s": 1.0}


def test_a_handler_lives_as_long_as_its_job_and_holds_its_folder(tmp_path: Path, context: SimpleNamespace) -> None:
    executor = RoundExecutor()
    for _ in range(2):
        answer = executor.execute("ask", letter("do"), context, Signal())
        assert (answer["message"], answer["files"]) == (b"cba", {})
    assert (tmp_path / "state" / "made").read_text() == "once"
    late = RoundExecutor().execute("ask", letter("do"), context, Signal())
    assert "another process works" in late["refusal"]
    executor.handle_event(EventType.END_RUN, context)
    with sole_user(tmp_path / "state", 0.0):
        pass


def test_refusals_go_back_with_their_text_and_faults_without(context: SimpleNamespace) -> None:
    executor = RoundExecutor()
    assert executor.execute("ask", letter("refuse"), context, Signal())["refusal"] == "not with us"
    fault = executor.execute("ask", letter("fail"), context, Signal())["refusal"]
    assert "ValueError" in fault
    assert "63" not in fault
    assert executor.execute("ask", letter("do"), context, Signal())["message"] == b"cba"
    executor.handle_event(EventType.END_RUN, context)

"""A round over loopback with mutual TLS, and who is turned away there: strangers, borrowed names, jobs with code.

The round is the smallest there is, a sum of numbers in clear; what rounds themselves refuse is tested with them.
"""

import json
import shutil
import socket
import ssl
import sys
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import psutil
import pytest

from federation.engine.loopback import ENVIRONMENT, Loopback, loopback
from federation.engine.summing import VALUES, Committed, numbers
from pleura.errors import RecipeError
from pleura.federation.engine.job import TASK, write_job
from pleura.federation.engine.kits import COORDINATOR, approve, make_authority, make_request
from pleura.federation.engine.processes import Running, start_kit
from pleura.federation.engine.station import Station, owner_only, save_station

pytestmark = pytest.mark.slow
HOSPITALS = ("aare", "birs", "cher")
REFUSAL = "authenticated as 'cher' but claimed endpoint 'birs'"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def test_one_round_and_who_is_turned_away(tmp_path: Path) -> None:
    """One federation for all that is tried on it: starting one takes longer than most of it."""
    with loopback(tmp_path) as made:
        made.enrol("localhost", "server", "federation.engine.summing:serve")
        made.enrol(COORDINATOR, "coordinator")
        for name in HOSPITALS:
            made.enrol(name, "hospital", "federation.engine.summing:Summing")
        made.start_server()
        for name in HOSPITALS:
            made.start_hospital(name)
        made.start_coordinator("federation.engine.summing:Committed", least=2, settle_s=3.0)
        made.wait(lambda: all(f"{name}@" in made.log("localhost") for name in HOSPITALS), "hospitals at the server")
        record = play(made)
        assert record["hospitals"] == record["heard"] == list(HOSPITALS)
        assert record["refused"] == []
        nothing_listens_beyond_loopback(made)
        what_the_machines_keep_is_for_their_owner_only(made)
        a_second_server_is_refused(made)
        a_stranger_with_only_the_authoritys_certificate_is_refused(made, tmp_path)
        a_hospital_in_anothers_name_is_refused(made)
        a_job_that_brings_code_or_names_other_classes_is_refused(made)


def play(federation: Loopback) -> dict:
    """Run one more round, check its sum, and give its record."""
    committed = Committed(federation.state("localhost"))
    number = committed.last_round() + 1
    federation.allow(number)
    federation.wait(lambda: committed.last_round() == number, f"commit of round {number}")
    record = committed.record(number)
    assert record["messages"] == {name: name for name in record["hospitals"]}
    total = np.fromfile(federation.state("localhost") / f"{number}.total", np.int64)
    want = sum(numbers(name, number) for name in record["hospitals"])
    assert total.shape == (VALUES,)
    assert np.array_equal(total, want)
    for name in record["heard"]:
        assert (federation.state(name) / f"heard-{number}.txt").read_text() == str(want.sum())
    return record


def nothing_listens_beyond_loopback(federation: Loopback) -> None:
    listening = set()
    for name, running in federation.running.items():
        for pid in running.family():
            for connection in psutil.Process(pid).net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    address = ip_address(connection.laddr.ip)
                    assert (getattr(address, "ipv4_mapped", None) or address).is_loopback, (name, connection)
                    listening.add(connection.laddr.port)
    assert {federation.place.port, federation.place.coordinator_port} <= listening


def what_the_machines_keep_is_for_their_owner_only(federation: Loopback) -> None:
    for name in ("localhost", *HOSPITALS):
        home = federation.folder / name
        for folder in (home, home / "engine", federation.kits[name], federation.state(name)):
            assert folder.stat().st_mode & 0o077 == 0, folder
        for log in (federation.folder / "logs").iterdir():
            assert log.stat().st_mode & 0o077 == 0, log
    assert list((federation.folder / "localhost" / "engine" / "jobs").iterdir())


def a_second_server_is_refused(federation: Loopback) -> None:
    with pytest.raises(RecipeError, match="is served already"):
        federation.start_server()


def reached(port: int, ca: Path, certificate: Path | None = None, key: Path | None = None) -> bool:
    """Whether a server lets somebody with this certificate speak to it."""
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols(["h2"])
    if certificate is not None:
        context.load_cert_chain(str(certificate), str(key))
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            line.settimeout(5)
            line.sendall(PREFACE)
            return bool(line.recv(9))
    except (ssl.SSLError, ConnectionResetError):
        return False


def a_stranger_with_only_the_authoritys_certificate_is_refused(federation: Loopback, tmp_path: Path) -> None:
    startup = federation.kits["aare"] / "startup"
    ca = startup / "rootCA.pem"
    other = tmp_path / "authority"
    make_authority(other, federation.place)
    request = make_request(tmp_path / "stranger", federation.place.federation, "stranger", "hospital")
    approve(other, request, tmp_path)
    shutil.unpack_archive(tmp_path / "stranger.signed.zip", tmp_path / "signed", "zip")
    (certificate,) = (tmp_path / "signed").rglob("*.crt")
    for port in (federation.place.port, federation.place.coordinator_port):
        assert reached(port, ca, startup / "client.crt", startup / "client.key")
        assert not reached(port, ca)
        assert not reached(port, ca, certificate, request.parent / "stranger.key")
        assert not reached(port, other / "rootCA.pem", startup / "client.crt", startup / "client.key")


def a_hospital_in_anothers_name_is_refused(federation: Loopback) -> None:
    federation.kill("birs")
    borrowed = federation.folder / "borrowed" / "birs"
    shutil.copytree(federation.kits["cher"], borrowed)
    client = borrowed / "startup" / "fed_client.json"
    client.write_text(client.read_text().replace('"fqsn": "cher"', '"fqsn": "birs"'))
    state = owner_only(federation.folder / "borrowed" / "state")
    save_station(borrowed / "local", Station("federation.engine.summing:Summing", state))
    impostor = start_kit(borrowed, "hospital", federation.folder / "logs" / "impostor.log", ENVIRONMENT)
    try:
        federation.wait(lambda: REFUSAL in federation.log("localhost"), "refusal at the server")
        record = play(federation)
    finally:
        impostor.kill()
    assert record["hospitals"] == ["aare", "cher"]
    assert list(state.iterdir()) == []
    joined = federation.log("localhost").count("birs@")
    federation.start_hospital("birs")
    federation.wait(lambda: federation.log("localhost").count("birs@") > joined, "birs at the server")
    assert play(federation)["hospitals"] == list(HOSPITALS)


def a_job_that_brings_code_or_names_other_classes_is_refused(federation: Loopback) -> None:
    number = Committed(federation.state("localhost")).last_round() + 1
    jobs = owner_only(federation.folder / "their-jobs")
    marker = jobs / "built"

    brought = write_job(jobs / "brought", number, 1)
    (brought / "app" / "custom").mkdir()
    (brought / "app" / "custom" / "brought.py").write_text(
        f"from pathlib import Path\nfrom federation.engine.bringing import Guest, Host\nPath({str(marker)!r}).touch()\n"
    )
    name_class(brought, "client", "brought.Guest", marker)
    guest = write_job(jobs / "guest", number, 1)
    name_class(guest, "client", "federation.engine.bringing.Guest", marker)
    host = write_job(jobs / "host", number, 1)
    name_class(host, "server", "federation.engine.bringing.Host", marker)

    fates = federation.folder / "fates.json"
    command = [sys.executable, "-m", "federation.engine.submitting", str(federation.kits[COORDINATOR]), COORDINATOR]
    submitting = Running(
        [*command, str(fates), str(brought), str(guest), str(host)],
        folder=federation.folder,
        log=federation.folder / "logs" / "submitting.log",
        environment=ENVIRONMENT,
    )
    try:
        federation.wait(fates.exists, "fate of the jobs")
    finally:
        submitting.kill()
    found = json.loads(fates.read_text())
    assert set(found) == {"brought", "guest", "host"}
    assert not any("COMPLETED" in fate for fate in found.values())
    assert not marker.exists()
    assert play(federation)["hospitals"] == list(HOSPITALS)


def name_class(job: Path, side: str, path: str, marker: Path) -> None:
    """Let a job name another class than ours on one side."""
    config = job / "app" / "config" / f"config_fed_{side}.json"
    held = json.loads(config.read_text())
    named = {"path": path, "args": {"marker": str(marker)}}
    if side == "client":
        held["executors"] = [{"tasks": [TASK], "executor": named}]
    else:
        held["workflows"] = [{"id": "round", **named}]
    config.write_text(json.dumps(held))

"""One round over loopback with mutual TLS, real processes: the sum is right, and nothing is open that need not be."""

from ipaddress import ip_address
from pathlib import Path

import numpy as np
import psutil
import pytest

from federation.engine.loopback import loopback
from federation.engine.summing import VALUES, Committed, numbers
from pleura.federation.engine.kits import COORDINATOR

pytestmark = pytest.mark.slow
HOSPITALS = ("aare", "birs", "cher")


def test_three_hospitals_one_round(tmp_path: Path) -> None:
    with loopback(tmp_path) as federation:
        federation.enrol("localhost", "server", "federation.engine.summing:serve")
        federation.enrol(COORDINATOR, "coordinator")
        for name in HOSPITALS:
            federation.enrol(name, "hospital", "federation.engine.summing:Summing")
        federation.start_server()
        for name in HOSPITALS:
            federation.start_hospital(name)
        committed = Committed(federation.state("localhost"))
        federation.start_coordinator("federation.engine.summing:Committed", least=3)
        federation.allow(1)
        federation.wait(lambda: committed.last_round() == 1, "committed round")

        record = committed.record(1)
        assert record["hospitals"] == record["heard"] == list(HOSPITALS)
        assert record["messages"] == {name: name for name in HOSPITALS}
        total = np.fromfile(federation.state("localhost") / "1.total", np.int64)
        want = sum(numbers(name, 1) for name in HOSPITALS)
        assert total.shape == (VALUES,)
        assert np.array_equal(total, want)
        for name in HOSPITALS:
            assert (federation.state(name) / "heard-1.txt").read_text() == str(want.sum())
        for running in federation.running.values():
            for pid in running.family():
                for connection in psutil.Process(pid).net_connections("inet"):
                    if connection.status == psutil.CONN_LISTEN:
                        address = ip_address(connection.laddr.ip)
                        assert (getattr(address, "ipv4_mapped", None) or address).is_loopback, connection

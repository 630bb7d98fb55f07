"""Rounds over loopback with mutual TLS and real processes, of which some are killed: none is lost, none doubled.

The sums are encrypted, the models small. In the end all is replayed in clear.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from federation.engine.breathing import Office, lists, load_server, progress, take_part
from federation.engine.loopback import Loopback, loopback
from federation.rounds.thorax import LAYOUT, NO_MODEL, POLICY, Thorax, contribution, step
from federation.secure_sum.rounds import quantised_sum
from pleura.federation.engine.kits import COORDINATOR
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.in_process import InProcessChannel
from pleura.federation.secure_sum.sizes import sizes_of

pytestmark = pytest.mark.slow
HOSPITALS = ("aare", "birs", "cher", "doubs")
NEWCOMER = "emme"


class Federation:
    """What the test does to a federation, and what it finds there."""

    def __init__(self, federation: Loopback) -> None:
        self.machines = federation
        self.server = federation.state("localhost")
        federation.enrol("localhost", "server", "federation.engine.breathing:play")
        federation.enrol(COORDINATOR, "coordinator")
        self.office = Office(federation.folder / "office", self.server)
        for name in (*HOSPITALS, NEWCOMER):
            federation.enrol(name, "hospital", "federation.engine.breathing:take_part")
            self.office.enrol(federation.state(name))
        self.progress = progress(self.server)

    def hold(self, name: str, point: str, which: int) -> None:
        (self.machines.state(name) / f"hold-{point}-{which}").touch()

    def held(self, name: str, point: str, which: int) -> Path:
        path = self.machines.state(name) / f"held-{point}-{which}"
        self.machines.wait(path.exists, f"stop of {name} at {point} in round {which}")
        return path

    def rounds(self, count: int) -> None:
        self.machines.wait(lambda: self.progress.last_round() >= count, f"commit of round {count - 1}")

    def commits(self) -> list[Commit]:
        paths = sorted((self.server / "rounds" / "rounds").glob("*/commit.json"))
        return [Commit.from_bytes(path.read_bytes()) for path in paths]

    def descriptors(self) -> dict[str, Descriptor]:
        """Every descriptor that a hospital was shown, by its digest."""
        shown = [path.read_bytes() for path in (self.server / "descriptors").iterdir()]
        read = [SignedDescriptor.from_bytes(data, self.office.key.public).descriptor for data in shown]
        return {descriptor.digest.hex(): descriptor for descriptor in read}

    def names(self, commit: Commit, descriptors: dict[str, Descriptor]) -> set[str]:
        """Names of the hospitals in a sum."""
        names = {public.fingerprint: name for name, public in self.office.publics.items()}
        return {names[descriptors[commit.descriptor].members[place]] for place in commit.senders}

    def ledger(self, name: str) -> list[dict]:
        """A hospital's records, read without its code."""
        lines = (self.machines.state(name) / "rounds" / "ledger").read_text().splitlines()
        return [json.loads(line[65:]) for line in lines]


def compile_once(folder: Path) -> None:
    """Run one round in this process, so that not every process compiles what all of them then find on the disk."""
    thorax = Thorax(folder / "compiled", backend="ring", answer_grace_s=0.0)
    server = thorax.server()
    server.play(thorax.channel)
    server.bring_up(thorax.channel)


def test_rounds_survive(tmp_path: Path) -> None:
    compile_once(tmp_path)
    with loopback(tmp_path) as machines:
        all_of_it = Federation(machines)
        office, server = all_of_it.office, all_of_it.server
        office.sign_list(HOSPITALS)
        machines.start_server()
        for name in HOSPITALS:
            office.join(machines.state(name))
            machines.start_hospital(name)
        machines.start_coordinator("federation.engine.breathing:progress", least=3, settle_s=8.0)

        all_of_it.hold("birs", "training", 1)
        machines.allow(2)
        all_of_it.held("birs", "training", 1)
        machines.kill("birs")
        all_of_it.rounds(2)

        machines.start_hospital("birs")
        all_of_it.hold("cher", "training", 2)
        machines.allow(3)
        all_of_it.held("cher", "training", 2)
        arrived = server / "rounds" / "inbox" / "work"
        machines.wait(lambda: len(list(arrived.glob("*/upload"))) >= 2, "two uploads at the server")
        machines.kill("localhost")
        machines.start_server()
        all_of_it.rounds(3)

        all_of_it.hold("localhost", "answer", 3)
        machines.allow(4)
        point = all_of_it.held("localhost", "answer", 3)
        machines.kill("doubs")
        point.unlink()
        all_of_it.rounds(4)

        machines.start_hospital("doubs")
        office.sign_list([*HOSPITALS, NEWCOMER])
        office.join(machines.state(NEWCOMER))
        machines.start_hospital(NEWCOMER)
        machines.wait(lambda: f"{NEWCOMER}@" in machines.log("localhost"), "newcomer at the server")
        machines.allow(5)
        all_of_it.rounds(5)

        all_of_it.hold("localhost", "commit", 5)
        machines.allow(6)
        all_of_it.held("localhost", "commit", 5)
        machines.kill("localhost")
        machines.start_server()
        all_of_it.rounds(6)

        office.sign_list(["birs", "cher", "doubs", NEWCOMER])
        (machines.state("doubs") / "policy.toml").write_text('recipes = ["another"]')
        machines.allow(7)
        all_of_it.rounds(7)
        machines.kill("aare")

        (machines.state("doubs") / "policy.toml").write_text(POLICY)
        (machines.state("cher") / "replay-7").touch()
        (server / "skip-7").touch()
        machines.allow(8)
        all_of_it.rounds(8)
        machines.stop()

        commits, descriptors = all_of_it.commits(), all_of_it.descriptors()
        assert [commit.round for commit in commits] == list(range(8))
        in_sum = [all_of_it.names(commit, descriptors) for commit in commits]
        assert in_sum[1] == {"aare", "cher", "doubs"}
        assert in_sum[3] == set(HOSPITALS)
        assert commits[5].attempt == 0
        assert NEWCOMER not in set().union(*in_sum[:4])
        assert in_sum[4] == in_sum[5] == {*HOSPITALS, NEWCOMER}
        assert in_sum[6] == {"birs", "cher", NEWCOMER}
        assert in_sum[7] == {"birs", "doubs", NEWCOMER}

        log = {row["round"]: row for row in map(json.loads, (server / "log").read_text().splitlines())}
        assert "'toy'" in log[6]["refused"]["doubs"]
        assert "is not allowed here" in log[6]["refused"]["doubs"]
        assert "round" in log[7]["refused"]["cher"]
        assert set(log[7]["skipped"]) == {"birs", "cher", "doubs", NEWCOMER}
        assert all("skips a round" in reason for reason in log[7]["skipped"].values())

        model = NO_MODEL.tobytes()
        for commit in commits:
            descriptor = descriptors[commit.descriptor]
            assert descriptor.model == hashlib.sha256(model).hexdigest()
            vectors = {place: contribution(descriptor.members[place], model) for place in commit.senders}
            values, counts = quantised_sum(LAYOUT, sizes_of(descriptor.terms).levels, vectors)
            model = step(model, values, counts, len(vectors))

        channel = InProcessChannel()
        members = ("birs", "cher", "doubs", NEWCOMER)
        for name in members:
            channel.connect(name, take_part(machines.state(name)))
        reports = load_server(server).bring_up(channel)
        assert set(reports) == set(members)
        for name in members:
            (path,) = (machines.state(name) / "rounds" / "models").glob("*.model")
            assert path.read_bytes() == model, name
            rows = all_of_it.ledger(name)
            uploads = [row["descriptor"] for row in rows if row["kind"] == "uploaded"]
            assert len(set(uploads)) == len(uploads)
            applied = [row["round"] for row in rows if row["kind"] in ("applied", "snapshot")]
            assert applied == sorted(set(applied))
        assert len(lists(server)) == 3
        assert not np.array_equal(np.frombuffer(model, np.float32), NO_MODEL)

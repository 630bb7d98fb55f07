"""Whole rounds on the engine: the entries of server and hospitals in tests, on the toy federation of the rounds' tests.

What the machines of a federation keep lies in their state folders. A test stops a process where it wants to kill it by
a file there, `hold-<point>-<round>`; the process says by `held-<point>-<round>` that it is there, and goes on when that
file is gone.
"""

import json
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from federation.rounds.thorax import LAYOUT, NAME, POLICY, RECIPE_HASH, Toy
from pleura.federation.engine.progress import CommittedRounds
from pleura.federation.rounds.commits import Commit
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.exchange import Channel, Closing, Reply
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.rounds.messages import ANSWER, WORK
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.rounds.server_round import RoundServer
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.keys.membership import Membership

PLAN = RoundPlan(
    recipe="toy",
    recipe_hash=RECIPE_HASH,
    layout=LAYOUT,
    settle_s=0.0,
    small_s=60.0,
    deadline_s=120.0,
    grace_s=10.0,
    answer_s=60.0,
    answer_grace_s=0.5,
)


def hold(state: Path, point: str, which: int) -> None:
    wanted, held = state / f"hold-{point}-{which}", state / f"held-{point}-{which}"
    if wanted.exists():
        wanted.rename(held)
        while held.exists():
            time.sleep(0.05)


class Office:
    """The coordinator's desk, and what server and hospitals were given from it; lies in the test's process."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.key = CoordinatorKey.create(folder)
        self.server = server
        self.publics: dict[str, Any] = {}
        server_key = ServerKey.create(server / "keys")
        (server / "endorsement").write_bytes(Endorsement.make(self.key, NAME, 1, server_key.public).to_bytes())
        (server / "coordinator").write_bytes(self.key.public)
        (server / "lists").mkdir()

    def enrol(self, state: Path) -> None:
        """Make a hospital's keys in its own folder, and take note of the public ones."""
        self.publics[state.name] = HospitalKeys.create(state / "keys", state.name).public
        (state / "policy.toml").write_text(POLICY)

    def sign_list(self, names: Collection[str]) -> None:
        before = [MemberList.from_bytes(data, self.key.public) for data in lists(self.server)]
        made = MemberList.make(self.key, NAME, [self.publics[name] for name in names], *before[-1:])
        path = self.server / "lists" / f"{made.number:04d}"
        path.with_suffix(".new").write_bytes(made.to_bytes())
        path.with_suffix(".new").rename(path)

    def join(self, state: Path) -> None:
        Membership.join(state / "keys", self.key.public, lists(self.server))


def lists(server: Path) -> list[bytes]:
    """All member lists that the server holds."""
    return [path.read_bytes() for path in sorted((server / "lists").glob("[0-9][0-9][0-9][0-9]"))]


def progress(server: Path) -> CommittedRounds:
    coordinator = (server / "coordinator").read_bytes()
    return CommittedRounds(server / "rounds", lambda: lists(server), coordinator)


class _Watched:
    """A channel that stops where a test wants it, and keeps every descriptor for the test."""

    def __init__(self, channel: Channel, state: Path, server: RoundServer) -> None:
        self.channel, self.state, self.number = channel, state, server.commits.round
        self.skipped: dict[str, str] = {}

    def present(self) -> frozenset[str]:
        return self.channel.present()

    def ask(
        self,
        task: str,
        message: bytes,
        to: Collection[str],
        *,
        files: Mapping[str, Path] | None = None,
        own: Mapping[str, Mapping[str, Path]] | None = None,
        closing: Closing,
        inbox: Path,
    ) -> dict[str, Reply | str]:
        if task == WORK and files is not None:
            kept = self.state / "descriptors"
            kept.mkdir(exist_ok=True)
            shutil.copyfile(files["descriptor"], kept / f"{self.number}-{len(list(kept.iterdir()))}")
            if (self.state / f"skip-{self.number}").exists():
                later = {"descriptor": skipping(files["descriptor"], self.state)}
                replies = self.channel.ask(task, message, to, files=later, own=own, closing=closing, inbox=inbox)
                self.skipped = {name: str(reply) for name, reply in replies.items()}
        if task == ANSWER:
            hold(self.state, "answer", self.number)
        return self.channel.ask(task, message, to, files=files, own=own, closing=closing, inbox=inbox)


def skipping(path: Path, state: Path) -> Path:
    """A descriptor like another one, signed as it is, but for the round after."""
    signed = SignedDescriptor.from_bytes(path.read_bytes(), (state / "coordinator").read_bytes())
    later = replace(signed.descriptor, round=signed.descriptor.round + 1)
    made = state / "skipping"
    made.write_bytes(SignedDescriptor.sign(later, signed.endorsement, ServerKey.load(state / "keys")).to_bytes())
    return made


def load_server(state: Path) -> RoundServer:
    coordinator = (state / "coordinator").read_bytes()
    endorsement = Endorsement.from_bytes((state / "endorsement").read_bytes(), coordinator)
    key = ServerKey.load(state / "keys")
    return RoundServer(state / "rounds", PLAN, key, endorsement, lists(state), coordinator)


def play(channel: Channel, state: Path, wanted: int) -> bool:
    """Run the server's side of one round."""
    server = load_server(state)
    commits = server.commits
    if commits.round != wanted - 1:
        return False
    commit: Callable[[Commit], None] = commits.commit

    def watched(made: Commit) -> None:
        hold(state, "commit", made.round)
        commit(made)

    commits.commit = watched  # type: ignore[method-assign]
    channel = _Watched(channel, state, server)
    began = time.monotonic()
    try:
        server.play(channel)
    finally:
        row = {
            "round": channel.number,
            "seconds": round(time.monotonic() - began, 1),
            "refused": dict(server.refused),
            "skipped": channel.skipped,
        }
        with (state / "log").open("a") as log:
            log.write(json.dumps(row) + "\n")
    return True


class HeldToy(Toy):
    """A toy that stops in its training where a test wants it."""

    def __init__(self, fingerprint: str, state: Path) -> None:
        super().__init__(fingerprint)
        self.state = state

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Any]:
        hold(self.state, "training", descriptor.round)
        return super().contribute(model, descriptor)


class Replaying(RoundHospital):
    """A hospital that keeps what it uploads, and in a round that a test wants sends the last upload again."""

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        reply = super().handle(task, message, files)
        if task != WORK:
            return reply
        kept = self.model.parents[1] / "kept"
        if (self.model.parents[2] / f"replay-{self.ledger.standing.round}").exists():
            return Reply(files={name: kept / name for name in reply.files})
        kept.mkdir(exist_ok=True)
        for name, path in reply.files.items():
            shutil.copyfile(path, kept / name)
        return reply


def take_part(state: Path) -> RoundHospital:
    """Make a hospital's handler, from what is on its disk."""
    keys = HospitalKeys.load(state / "keys")
    toy = HeldToy(keys.fingerprint, state)
    return Replaying(state / "rounds", keys, state / "keys", state / "policy.toml", toy)

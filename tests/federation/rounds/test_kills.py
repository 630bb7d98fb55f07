"""Server and hospitals killed at every write of two rounds, and the eight rounds in which everything happens."""

from collections import Counter
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from federation.rounds.kills import Killed, KillingOs
from federation.rounds.thorax import Thorax, ledger_rows
from pleura.errors import QuorumError, ShortAnswersError
from pleura.federation.rounds import durable
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.in_process import LostConnection
from pleura.federation.rounds.messages import ANSWER, WORK

ROUNDS = 2


def play_through(thorax: Thorax, rounds: int, *, at_once: bool) -> dict[str, bytes]:
    """Play rounds, loading whoever was killed; every descriptor that was committed, by its digest."""
    kept: dict[str, bytes] = {}

    def revive(task: str) -> None:
        for name in thorax.keys.keys() - thorax.channel.present():
            try:
                thorax.start(name)
            except Killed:
                thorax.start(name)

    def watch(task: str, replies: dict[str, Reply | str]) -> None:
        for name, reply in replies.items():
            if task == WORK and isinstance(reply, Reply):
                data = reply.files["upload"].read_bytes()
                under = data[4 + 68 : 4 + 100]  # the digest of the terms, in the first part's header
                left.setdefault((name, under), data)
                assert left[name, under] == data, f"{name} sent two uploads under one descriptor"

    left: dict[tuple[str, bytes], bytes] = {}
    thorax.channel.after = watch
    thorax.channel.before = revive if at_once else lambda task: None
    for _ in range(6 * rounds):
        revive("")
        try:
            server = thorax.server()
            while server.commits.round < rounds:
                server.play(thorax.channel)
                kept |= thorax.descriptors()
                revive("")
            server.bring_up(thorax.channel)
            if not thorax.keys.keys() - thorax.channel.present():
                return kept | thorax.descriptors()
        except (Killed, QuorumError, ShortAnswersError):
            kept |= thorax.descriptors()
    raise AssertionError(f"no end after {6 * rounds} tries")


def check_end(thorax: Thorax, rounds: int, kept: dict[str, bytes]) -> None:
    """No round lost or doubled, every model the plaintext replay's, nothing sent twice, one answer an attempt."""
    assert [commit.round for commit in thorax.commits()] == list(range(rounds))
    expected = thorax.replay(kept)
    committed = {commit.descriptor for commit in thorax.commits()}
    for name in thorax.keys:
        assert thorax.model(name) == expected, name
        rows = ledger_rows(thorax, name)
        for kind in ("uploaded", "answered", "accepted"):
            times = Counter(row["descriptor"] for row in rows if row["kind"] == kind)
            assert all(number == 1 for number in times.values()), (name, kind)
        applied = [row["round"] for row in rows if row["kind"] in ("applied", "snapshot")]
        assert applied == sorted(set(applied))
        accepted = [(row["round"], row["attempt"]) for row in rows if row["kind"] == "accepted"]
        assert accepted == sorted(set(accepted))
    assert committed <= kept.keys()


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, victim: str, at: int, *, at_once: bool = False) -> bool:
    """Play two rounds with one kill; whether it came to it."""
    thorax = Thorax(folder)
    killing = KillingOs(folder / victim, at)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "os", killing)
        try:
            kept = play_through(thorax, ROUNDS, at_once=at_once)
            check_end(thorax, ROUNDS, kept)
        except BaseException as error:
            error.add_note(f"{victim} killed at call {at}")
            raise
    return killing.calls >= at


@pytest.mark.parametrize(("victim", "at_once"), [("server", False), ("h1/rounds", False), ("h1/rounds", True)])
def test_a_kill_at_some_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str, at_once: bool) -> None:
    for at in range(3, 200, 13):
        if not run(tmp_path / str(at), monkeypatch, victim, at, at_once=at_once):
            break
    assert at > 40


@pytest.mark.slow
@pytest.mark.parametrize(("victim", "at_once"), [("server", False), ("h1/rounds", False), ("h1/rounds", True)])
def test_a_kill_at_every_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str, at_once: bool) -> None:
    for at in count(1):
        if not run(tmp_path / str(at), monkeypatch, victim, at, at_once=at_once):
            break
    assert at > (100 if victim == "server" else 40)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["plain", "ring"])
def test_many_kills_of_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, rng: np.random.Generator
) -> None:
    hit = 0
    for number in range(15):
        thorax = Thorax(tmp_path / str(number), hospitals=5, backend=backend)
        calls = [int(one) for one in rng.integers(1, 700, 10)]
        killing = KillingOs(tmp_path / str(number), *calls)
        with monkeypatch.context() as patch:
            patch.setattr(durable, "os", killing)
            try:
                kept = play_through(thorax, 3, at_once=bool(number % 2))
                check_end(thorax, 3, kept)
            except BaseException as error:
                error.add_note(f"run {number}: killed at calls {calls}")
                raise
        hit += sum(one <= killing.calls for one in calls)
    assert hit > 60


def test_eight_rounds_in_which_everything_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thorax = Thorax(tmp_path, backend="ring")
    channel, kept = thorax.channel, {}
    senders: list[set[str]] = []

    def lose(name: str, task: str, moment: str) -> None:
        def fault(*now: str) -> None:
            if now == (name, task, moment):
                raise LostConnection(name)

        channel.fault = fault

    def play() -> None:
        commit = thorax.server().play(channel)
        kept.update(thorax.descriptors())
        descriptor = thorax.descriptor(commit, kept)
        names = {keys.fingerprint: name for name, keys in thorax.keys.items()}
        senders.append({names[descriptor.members[place]] for place in commit.senders})
        channel.fault = None

    play()
    lose("h1", WORK, "before")  # killed while training
    play()
    thorax.start("h1")
    lose("h2", ANSWER, "before")  # killed after its upload
    play()
    thorax.start("h2")
    thorax.enrol("h4")
    thorax.change_members(["h0", "h1", "h2", "h3", "h4"])  # a fifth joins
    thorax.join("h4")
    thorax.start("h4")
    play()
    thorax.change_members(["h0", "h1", "h2", "h4"])  # one leaves
    channel.disconnect("h3")
    play()

    def kill(task: str, replies: dict[str, Reply | str]) -> None:
        if task == WORK:
            raise Killed

    channel.after = kill  # the server is killed during collection
    with pytest.raises(Killed):
        play()
    channel.after = lambda task, replies: None
    play()

    server = thorax.server()

    def killed(commit: object) -> None:
        raise Killed

    monkeypatch.setattr(server.commits, "commit", killed)  # and again just before the commit
    with pytest.raises(Killed):
        server.play(channel)
    trained = {name: len([r for r in ledger_rows(thorax, name) if r["kind"] == "uploaded"]) for name in thorax.keys}
    play()
    again = {name: len([r for r in ledger_rows(thorax, name) if r["kind"] == "uploaded"]) for name in thorax.keys}
    assert again == trained  # the closed attempt went on, and nobody trained for it again
    play()

    thorax.server().bring_up(channel)
    everybody = {"h0", "h1", "h2", "h3"}
    assert senders == [
        everybody,
        everybody - {"h1"},
        everybody,
        everybody | {"h4"},
        *[{"h0", "h1", "h2", "h4"}] * 4,
    ]
    assert [commit.attempt for commit in thorax.commits()] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert [commit.round for commit in thorax.commits()] == list(range(8))
    expected = thorax.replay(kept)
    assert {name: thorax.model(name) for name in thorax.keys if name != "h3"} == dict.fromkeys(
        ["h0", "h1", "h2", "h4"], expected
    )
    assert thorax.model("h3") != expected  # who left holds the model that it left with
    taken = [row["kind"] for row in ledger_rows(thorax, "h4") if row["kind"] in ("began", "snapshot", "applied")]
    assert taken == ["began", "snapshot", *["applied"] * 5]

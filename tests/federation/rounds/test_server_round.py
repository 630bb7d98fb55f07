"""Rounds over the channel in one process: sums against plain ones, drop-outs, membership, and what a server refuses."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from federation.rounds.thorax import NO_MODEL, POLICY, Thorax, ledger_rows
from pleura.errors import ContinuityError, OutputError, QuorumError, ShortAnswersError, TermsError
from pleura.federation.rounds.commits import Commits
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.in_process import LostConnection
from pleura.federation.rounds.messages import ANSWER, CHECK_IN, MAKE_GROUP_KEY, TAKE_COMMIT, WORK
from pleura.federation.rounds.plan import RoundPlan

_NUMBERS = count()


class Between:
    """A hospital whose replies are changed on their way."""

    def __init__(self, thorax: Thorax, name: str, change: Callable[[str, Reply], Reply]) -> None:
        self._right, self._change = thorax.start(name), change
        thorax.channel.connect(name, self)

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        return self._change(task, self._right.handle(task, message, files))


def lose(thorax: Thorax, *who: tuple[str, str]) -> None:
    def fault(name: str, task: str, moment: str) -> None:
        if (name, task) in who and moment == "before":
            raise LostConnection(name)

    thorax.channel.fault = fault


@pytest.mark.parametrize("backend", ["plain", "ring", "masks"])
def test_three_rounds_come_to_the_plaintext_replay(tmp_path: Path, backend: str) -> None:
    thorax = Thorax(tmp_path, backend=backend)
    server, kept = thorax.server(), {}
    for number in range(3):
        commit = server.play(thorax.channel)
        kept |= thorax.descriptors()
        assert (commit.round, commit.attempt, commit.senders) == (number, 0, (0, 1, 2, 3))
        assert not server.refused
    server.bring_up(thorax.channel)
    expected = thorax.replay(kept)
    assert expected != NO_MODEL.tobytes()
    assert [thorax.model(name) for name in thorax.keys] == [expected] * 4


def test_too_few_answers_fail_closed_and_the_round_is_run_again_with_fresh_secrets(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, hospitals=3, backend="ring")
    uploads: list[bytes] = []

    def watch(task: str, replies: dict[str, Reply | str]) -> None:
        reply = replies.get("h0")
        if task == WORK and isinstance(reply, Reply):
            uploads.append(reply.files["upload"].read_bytes())

    thorax.channel.after = watch
    lose(thorax, ("h2", ANSWER))
    with pytest.raises(ShortAnswersError, match="2 hospitals answered, 3 are needed; the model is unchanged"):
        thorax.server().play(thorax.channel)
    assert thorax.commits() == []
    assert {thorax.model(name) for name in thorax.keys} == {NO_MODEL.tobytes()}
    thorax.channel.fault = None
    with pytest.raises(QuorumError, match="2 hospitals of the member list are connected"):
        thorax.server().play(thorax.channel)
    thorax.start("h2")
    commit = thorax.server().play(thorax.channel)
    assert (commit.round, commit.attempt) == (0, 1)
    thorax.server().bring_up(thorax.channel)
    assert thorax.model("h2") == thorax.replay(thorax.descriptors())
    first, second = (one[4 + 132 :] for one in uploads)
    same = sum(a == b for a, b in zip(first, second, strict=True))
    assert same < len(first) / 50  # unrelated words agree in a byte of 256, and in a high bit


def test_a_hospital_that_restarted_answers_for_the_others(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, backend="ring")
    lose(thorax, ("h3", WORK), ("h2", ANSWER))
    thorax.channel.before = lambda task: thorax.start("h3") if task == ANSWER else None  # type: ignore[assignment]
    commit = thorax.server().play(thorax.channel)
    assert (commit.senders, commit.answered) == ((0, 1, 2), (0, 1, 3))
    thorax.start("h2")
    thorax.channel.fault = None
    thorax.server().bring_up(thorax.channel)
    assert {thorax.model(name) for name in thorax.keys} == {thorax.replay(thorax.descriptors())}


def test_too_few_uploads(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    lose(thorax, ("h0", WORK), ("h1", WORK))
    with pytest.raises(QuorumError, match="2 uploads are whole, and 3 or more are needed"):
        thorax.server().play(thorax.channel)
    thorax.channel.fault = None
    thorax.start("h0")
    assert thorax.server().play(thorax.channel).attempt == 1


def test_masks_need_every_hospital(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, backend="masks")
    lose(thorax, ("h1", WORK))
    with pytest.raises(QuorumError, match="with masks every member has to"):
        thorax.server().play(thorax.channel)
    thorax.channel.fault = None
    commit = thorax.server().play(thorax.channel)  # without it
    assert (commit.attempt, commit.senders) == (1, (0, 1, 2))


def test_a_hospital_that_was_away_for_rounds_takes_the_newest_model(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server, kept = thorax.server(), {}
    server.play(thorax.channel)
    thorax.channel.disconnect("h3")
    for _ in range(3):
        server.play(thorax.channel)
        kept |= thorax.descriptors()
    thorax.start("h3")
    assert len(server.play(thorax.channel).senders) == 4
    kept |= thorax.descriptors()
    server.bring_up(thorax.channel)
    assert thorax.model("h3") == thorax.replay(kept)
    assert [row["kind"] for row in ledger_rows(thorax, "h3")].count("snapshot") == 1


@pytest.mark.parametrize("behind", [False, True])
def test_a_model_that_was_lost_or_damaged_is_taken_from_the_others(tmp_path: Path, behind: bool) -> None:
    thorax = Thorax(tmp_path)
    server, kept = thorax.server(), {}
    for _ in range(2):
        server.play(thorax.channel)
        kept |= thorax.descriptors()
    if not behind:
        server.bring_up(thorax.channel)
    (damaged,) = (tmp_path / "h1" / "rounds" / "models").glob("*")
    damaged.write_bytes(bytes(20))
    (lost,) = (tmp_path / "h2" / "rounds" / "models").glob("*")
    lost.unlink()
    reports = server.bring_up(thorax.channel)
    assert {name for name, report in reports.items() if report.whole} == {"h0", "h1", "h2", "h3"}
    expected = thorax.replay(kept)
    assert [thorax.model(name) for name in thorax.keys] == [expected] * 4
    assert [row["kind"] for row in ledger_rows(thorax, "h1")].count("snapshot") == 1


def test_an_upload_in_another_hospitals_name(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, hospitals=5)
    stolen: dict[str, Reply] = {}

    def steal(task: str, reply: Reply) -> Reply:
        if task == WORK:
            stolen["reply"] = Reply(files={name: _copy(path) for name, path in reply.files.items()})
        return reply

    def give(task: str, reply: Reply) -> Reply:
        return stolen["reply"] if task == WORK else reply

    Between(thorax, "h0", steal)
    Between(thorax, "h1", give)
    server = thorax.server()
    commit = server.play(thorax.channel)
    assert commit.senders == (0, 2, 3, 4)
    assert "under the place of hospital 0" in server.refused["h1"]


@pytest.mark.parametrize("backend", ["plain", "ring"])
def test_a_replayed_upload(tmp_path: Path, backend: str) -> None:
    thorax = Thorax(tmp_path, hospitals=5, backend=backend)
    old: list[Reply] = []

    def replay(task: str, reply: Reply) -> Reply:
        if task != WORK:
            return reply
        old.append(Reply(files={name: _copy(path) for name, path in reply.files.items()}))
        return old[0]

    Between(thorax, "h1", replay)
    server = thorax.server()
    assert server.play(thorax.channel).senders == (0, 1, 2, 3, 4)
    assert server.play(thorax.channel).senders == (0, 2, 3, 4)
    assert "another round" in server.refused["h1"]


def test_uploads_and_shares_that_are_none(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, hospitals=7, backend="ring")
    changes: dict[str, tuple[Callable[[Reply], Reply], str]] = {
        "h0": (lambda reply: Reply(), "without shares, upload"),
        "h1": (lambda reply: _with(reply, upload=lambda data: data[:-1]), "ends 1 bytes early"),
        "h2": (lambda reply: _with(reply, upload=lambda data: b""), "ends before its last part"),
        "h3": (lambda reply: _with(reply, shares=lambda data: data[:-8242]), "was cut off"),
    }
    for name, (change, _) in changes.items():
        Between(thorax, name, lambda task, reply, change=change: change(reply) if task == WORK else reply)
    server = thorax.server()
    assert server.play(thorax.channel).senders == (4, 5, 6)
    for name, (_, words) in changes.items():
        assert words in server.refused[name]


def test_answers_that_are_none(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, backend="ring")
    Between(thorax, "h0", lambda task, reply: Reply(_last_bit(reply.message)) if task == ANSWER else reply)
    server = thorax.server()
    assert server.play(thorax.channel).answered == (1, 2, 3)
    assert "signature does not hold" in server.refused["h0"]


def test_models_that_differ_stop_the_round_by_name(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server = thorax.server()
    server.play(thorax.channel)
    handler = thorax.start("h2")
    handler._work.advance = lambda model, opened, descriptor, into: into.write_bytes(bytes(20))  # type: ignore[method-assign]
    with pytest.raises(ContinuityError, match=r"h0, h1, h3: model .*; h2: model .* The round is not opened"):
        server.play(thorax.channel)
    assert len(thorax.commits()) == 1


def test_a_server_whose_folder_is_an_old_copy(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server = thorax.server()
    server.play(thorax.channel)
    server.bring_up(thorax.channel)
    (tmp_path / "server" / "rounds").rename(tmp_path / "gone")
    with pytest.raises(ContinuityError, match="hospital h0 stands after 1 rounds, the server after 0"):
        thorax.server().play(thorax.channel)


def test_a_committed_sum_that_nobody_can_open_is_withdrawn(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, backend="ring")
    server = thorax.server()
    sums = server.play(thorax.channel)
    held = server.commits.attempt(0, 0)
    words = bytearray(held.sum.read_bytes())
    words[-1] ^= 1  # as if a hospital had sent what opens to nothing
    held.sum.write_bytes(bytes(words))
    false = sums.to_bytes().replace(sums.sum_hash.encode(), sha256(words).hexdigest().encode())
    (tmp_path / "server" / "rounds" / "0000000000" / "commit.json").write_bytes(false)
    server = thorax.server()
    again = server.play(thorax.channel)
    assert (again.round, again.attempt) == (0, 1)
    server.bring_up(thorax.channel)
    assert thorax.model("h0") == thorax.replay(thorax.descriptors())


def test_a_hospital_whose_policy_forbids_it_stays_out(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    (tmp_path / "h1" / "policy.toml").write_text(POLICY.replace('"toy"', '"another"'))
    server = thorax.server()
    assert server.play(thorax.channel).senders == (0, 2, 3)
    assert "is not allowed here" in server.refused["h1"]


def test_the_server_waits_for_the_hospitals_of_the_last_round(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, settle_s=30.0)
    thorax.server().play(thorax.channel)
    thorax.channel.disconnect("h1")
    began = thorax.clock()
    tick = thorax.clock.sleep

    def sleep(seconds: float) -> None:
        tick(seconds)
        if thorax.clock() > began + 10 and "h1" not in thorax.channel.present():
            thorax.start("h1")

    thorax.clock.sleep = sleep  # type: ignore[method-assign]
    assert len(thorax.server().play(thorax.channel).senders) == 4
    assert 10 < thorax.clock() - began < 11
    thorax.channel.disconnect("h1")
    thorax.clock.sleep = tick  # type: ignore[method-assign]
    began = thorax.clock()
    assert len(thorax.server().play(thorax.channel).senders) == 3
    assert thorax.clock() - began == pytest.approx(30, abs=0.1)


def test_a_group_key_that_one_hospital_does_not_make(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    lose(thorax, ("h0", MAKE_GROUP_KEY))
    assert thorax.server().play(thorax.channel).senders == (0, 1, 2)


def test_a_group_key_that_is_none(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    Between(thorax, "h0", lambda task, reply: Reply(b"no key") if task == MAKE_GROUP_KEY else reply)
    assert thorax.server().play(thorax.channel).senders == (0, 1, 2, 3)


def test_a_hospital_that_lies_about_itself(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path, hospitals=5)
    Between(thorax, "h0", lambda task, reply: Reply(reply.message.replace(b'"round": 0', b'"round": 7'), reply.files))
    server = thorax.server()
    server.play(thorax.channel)
    assert "differ" in server.refused["h0"]
    Between(thorax, "h1", lambda task, reply: Reply(b"[]") if task in (CHECK_IN, TAKE_COMMIT) else reply)
    server.play(thorax.channel)
    assert "is no Report" in server.refused["h1"]


def test_plans_that_contradict_themselves(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    plan = {"recipe": "toy", "recipe_hash": "0" * 64, "layout": thorax.plan.layout}
    for settings, words in (
        ({"backend": "seal"}, "no shared key"),
        ({"quorum": 2}, "3 hospitals or more"),
        ({"grace_s": -1.0}, "0 s or more"),
        ({"deadline_s": 0.0}, "0 s or more"),
    ):
        with pytest.raises(TermsError, match=words):
            RoundPlan(**(plan | settings))


def test_only_the_newest_rounds_stay_whole(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server = thorax.server()
    for _ in range(4):
        server.play(thorax.channel)
    rounds = tmp_path / "server" / "rounds"
    assert sorted(path.parent.parent.name for path in rounds.glob("*/*/sum")) == ["0000000002", "0000000003"]
    assert not (tmp_path / "server" / "inbox").exists()
    assert len(Commits(tmp_path / "server", "Thorax").all) == 4
    (rounds / "0000000001" / "commit.json").unlink()
    with pytest.raises(ContinuityError, match="round 1 is missing"):
        thorax.server()


def test_the_servers_folder_is_its_own(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    thorax.server().play(thorax.channel)
    for path in (tmp_path / "server" / "rounds").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    (tmp_path / "server").chmod(0o755)
    with pytest.raises(OutputError, match="can be reached by others"):
        thorax.server()


def _last_bit(data: bytes) -> bytes:
    """Of a signature, the last byte is often zero already: turn one bit instead of writing a zero."""
    return data[:-1] + bytes([data[-1] ^ 1])


def _copy(path: Path) -> Path:
    copy = path.parents[3] / f"{path.name}-{next(_NUMBERS)}"
    copy.write_bytes(path.read_bytes())
    return copy


def _with(reply: Reply, **change: Callable[[bytes], bytes]) -> Reply:
    files = dict(reply.files)
    for name, function in change.items():
        files[name] = path = _copy(files[name])
        data = function(path.read_bytes())
        path.write_bytes(data)
    return Reply(reply.message, files)

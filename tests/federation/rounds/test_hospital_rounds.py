"""What a hospital refuses, by name, whatever the server says; and what it does again after a restart."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from federation.rounds.thorax import LAYOUT, NAME, POLICY, Thorax, ledger_rows
from pleura.errors import ContinuityError, KeyFileError, PolicyError, ShortAnswersError, TermsError, WireError
from pleura.federation.rounds.descriptor import Descriptor, SignedDescriptor
from pleura.federation.rounds.exchange import Reply
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.rounds.messages import (
    ANSWER,
    CHECK_IN,
    GIVE_SNAPSHOT,
    TAKE_COMMIT,
    TAKE_SNAPSHOT,
    WORK,
    Report,
    Senders,
    WhichModel,
    from_json,
    to_json,
)
from pleura.federation.rounds.server_key import Endorsement, ServerKey
from pleura.federation.secure_sum.keys.coordinator import CoordinatorKey
from pleura.federation.secure_sum.keys.members import MemberList
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.terms import UploadSet


class Stage:
    """A federation with one round behind it, its hospital h0, and a descriptor of the next round to play with."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        self.thorax = Thorax(folder, hospitals=6, **plan)
        server = self.thorax.server()
        self.first = server.play(self.thorax.channel)
        server.bring_up(self.thorax.channel)
        self.before = self.thorax.descriptor(self.first, self.thorax.descriptors())
        self.h0 = self.thorax.start("h0")
        standing = self.h0.ledger.standing
        self.next = replace(
            self.before,
            round=1,
            previous=standing.commit,
            model=standing.model,
            deadline=int(self.thorax.clock() + 3600),
        )
        self.files = folder / "files"
        self.files.mkdir()

    def put(self, name: str, data: bytes) -> Path:
        path = self.files / name
        path.write_bytes(data)
        return path

    def signed(self, descriptor: Descriptor) -> Path:
        return self.put(
            "descriptor",
            SignedDescriptor.sign(descriptor, self.thorax.endorsement, self.thorax.server_key).to_bytes(),
        )

    def work(self, descriptor: Descriptor) -> Reply:
        return self.h0.handle(WORK, b"", {"descriptor": self.signed(descriptor)})

    def answer(self, descriptor: Descriptor, places: set[int]) -> Reply:
        shares = self.put("shares", b"".join(frames([b""] * len(places))))
        message = to_json(Senders(places=tuple(sorted(places))))
        return self.h0.handle(ANSWER, message, {"descriptor": self.signed(descriptor), "shares": shares})


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


DESCRIPTORS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("skips", {"round": 2}, ContinuityError, "skips a round: it opens round 2, this hospital's next is 1"),
    ("repeats", {"round": 0, "previous": "0" * 64}, ContinuityError, "repeats a round"),
    ("forks", {"previous": "ab" * 32}, ContinuityError, "forks the federation"),
    ("model", {"model": "cd" * 32}, ContinuityError, "begins from model cdcd"),
    ("late", {"deadline": 1_600_000_000}, ContinuityError, "deadline passed"),
    ("list", {"member_list": 1}, ContinuityError, "is of member list 1"),
    ("list digest", {"member_list_digest": "00" * 32}, ContinuityError, "is of member list 0"),
    ("recipe", {"recipe_hash": "11" * 32}, PolicyError, "none that this hospital holds"),
    ("epochs", {"local_epochs": 2.0}, PolicyError, "2 local epochs are asked for; the policy allows 1"),
    ("reads", {"server_reads_model": True}, PolicyError, "wants to read the model"),
    ("layout", {"layout": Layout((Values(name="w", size=5, clip=2.0),))}, ContinuityError, "not laid out"),
]


@pytest.mark.parametrize(("change", "error", "words"), [case[1:] for case in DESCRIPTORS], ids=lambda case: str(case))
def test_a_descriptor_that_is_refused(stage: Stage, change: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        stage.work(replace(stage.next, **change))
    assert [row["kind"] for row in ledger_rows(stage.thorax, "h0")][-1] == "applied"
    stage.work(stage.next)


def test_a_descriptor_without_this_hospital(stage: Stage) -> None:
    with pytest.raises(ContinuityError, match="does not stand among the 5"):
        stage.work(replace(stage.next, members=stage.next.members[1:]))


def signers(stage: Stage) -> Iterator[tuple[str, Callable[[], SignedDescriptor]]]:
    thorax, folder = stage.thorax, stage.files
    server, coordinator = ServerKey.create(folder / "s"), CoordinatorKey.create(folder / "c")
    false = Endorsement.make(coordinator, NAME, 9, server.public)
    yield "endorsement", lambda: SignedDescriptor.sign(stage.next, false, server)
    right = SignedDescriptor.sign(stage.next, thorax.endorsement, thorax.server_key)
    yield "by the server", lambda: replace(right, signature=server.sign(b"anything"))
    yield "by the server", lambda: replace(right, descriptor=replace(stage.next, quorum=4))
    elsewhere = replace(stage.next, federation="Abdomen")
    word = Endorsement.make(thorax.coordinator, "Abdomen", 9, thorax.server_key.public)
    yield "of the federation", lambda: SignedDescriptor.sign(elsewhere, word, thorax.server_key)


def test_a_descriptor_that_somebody_else_signed(stage: Stage) -> None:
    for words, make in signers(stage):
        with pytest.raises((WireError, TermsError), match=words):
            stage.h0.handle(WORK, b"", {"descriptor": stage.put("false", make().to_bytes())})


def test_a_key_that_was_replaced(stage: Stage) -> None:
    thorax = stage.thorax
    newer = Endorsement.make(thorax.coordinator, NAME, 2, thorax.server_key.public)
    signed = SignedDescriptor.sign(stage.next, newer, thorax.server_key)
    stage.h0.handle(WORK, b"", {"descriptor": stage.put("newer", signed.to_bytes())})
    with pytest.raises(ContinuityError, match="server key 1, which key 2 has replaced"):
        stage.work(replace(stage.next, attempt=1))


def test_attempts_are_opened_once_and_in_order(stage: Stage) -> None:
    stage.work(replace(stage.next, attempt=3))
    with pytest.raises(ContinuityError, match="is another descriptor of attempt 3"):
        stage.work(replace(stage.next, attempt=3, quorum=4))
    with pytest.raises(ContinuityError, match="goes back to attempt 2"):
        stage.work(replace(stage.next, attempt=2))
    stage.work(replace(stage.next, attempt=4))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('recipes = ["another"]', "is not allowed here"),
        ('recipes = ["sha256:' + "0" * 64 + '"]', "is not allowed here"),
        ('recipes = ["toy"]\nbackends = ["ring"]', "the backend plain is not good enough"),
        ('recipes = ["toy"]\nbackends = ["plain"]\nleast_hospitals = 4', "as few as 3 hospitals"),
        ('recipes = ["toy"]\nbackends = ["plain"]\nprivacy_budget = 3.0', "promises no bound of epsilon"),
    ],
)
def test_the_policy_beats_the_server_and_is_read_anew(stage: Stage, line: str, words: str) -> None:
    policy = stage.thorax.folder / "h0" / "policy.toml"
    policy.write_text(line)
    with pytest.raises(PolicyError, match=words):
        stage.work(stage.next)
    policy.write_text(POLICY)
    stage.work(stage.next)


def test_the_privacy_budget_is_spent_by_uploads(stage: Stage) -> None:
    (stage.thorax.folder / "h0" / "policy.toml").write_text(POLICY + "privacy_budget = 1.0\n")
    stage.work(replace(stage.next, epsilon=0.6))
    with pytest.raises(PolicyError, match=r"costs 0\.6 of epsilon; 0\.4 of the policy's 1 is left"):
        stage.work(replace(stage.next, attempt=1, epsilon=0.6))
    stage.work(replace(stage.next, attempt=1, epsilon=0.3))


def test_one_upload_a_descriptor_the_same_bytes_after_a_restart(tmp_path: Path) -> None:
    stage = Stage(tmp_path, backend="ring")
    first = {name: path.read_bytes() for name, path in stage.work(stage.next).files.items()}
    stage.h0 = stage.thorax.start("h0")
    again = stage.work(stage.next).files
    assert {name: path.read_bytes() for name, path in again.items()} == first
    assert stage.h0._work.trained == 0  # type: ignore[attr-defined]
    another = stage.work(replace(stage.next, attempt=1)).files
    assert another["upload"].read_bytes()[-1000:] != first["upload"][-1000:]  # fresh secrets
    another["upload"].write_bytes(first["upload"])
    with pytest.raises(ContinuityError, match="another upload under one descriptor is not made"):
        stage.work(replace(stage.next, attempt=1))


def test_one_answer_an_attempt(stage: Stage) -> None:
    with pytest.raises(ContinuityError, match="holds 3 hospitals, the quorum is 4"):
        stage.answer(replace(stage.next, quorum=4), {0, 1, 2})
    stage.answer(replace(stage.next, attempt=1), {0, 1, 2, 3, 4, 5})
    stage.h0 = stage.thorax.start("h0")
    stage.answer(replace(stage.next, attempt=1), {0, 1, 2, 3, 4, 5})  # the same set again
    with pytest.raises(ContinuityError, match="answered for another upload set"):
        stage.answer(replace(stage.next, attempt=1), {0, 1, 2, 3, 4})
    with pytest.raises(ContinuityError, match="goes back to attempt 0"):
        stage.answer(stage.next, {0, 1, 2, 3, 4, 5})
    with pytest.raises(ContinuityError, match=r"differs by 1 hospitals from the one .* in attempt 1"):
        stage.answer(replace(stage.next, attempt=2), {0, 1, 2, 3, 4})
    with pytest.raises(ContinuityError, match="differs by 2 hospitals"):
        stage.answer(replace(stage.next, attempt=2), {0, 1, 2, 3})
    stage.answer(replace(stage.next, attempt=2), {0, 1, 2})
    stage.answer(replace(stage.next, attempt=3), {0, 1, 2, 3, 4, 5})
    with pytest.raises(TermsError, match="names hospital 6"):
        stage.answer(replace(stage.next, attempt=4), {0, 1, 2, 6})
    with pytest.raises(TermsError, match="would tell too much"):
        stage.answer(replace(stage.next, attempt=4), {0, 1})


def test_a_hospital_may_give_up_the_difference(stage: Stage) -> None:
    stage.answer(stage.next, {0, 1, 2, 3, 4, 5})
    (stage.thorax.folder / "h0" / "policy.toml").write_text(POLICY + "least_difference = 0\n")
    stage.answer(replace(stage.next, attempt=1), {0, 1, 2, 3, 4})


def commit_files(stage: Stage) -> dict[str, Path]:
    """Of round 1, which the server commits while h0 is there and does not hear of it."""
    thorax = stage.thorax
    thorax.server().play(thorax.channel)
    commits = thorax.server().commits
    held = commits.attempt(1, 0)
    stage.h0 = thorax.start("h0")
    lists = stage.put("members", b"".join(frames(one.to_bytes() for one in thorax.lists)))
    return {"members": lists, "descriptor": held.descriptor, "sum": held.sum, "answers": held.answers}


def test_a_committed_round_that_is_refused(tmp_path: Path) -> None:
    stage = Stage(tmp_path, backend="ring")
    files = commit_files(stage)
    commit = stage.thorax.commits()[1]
    take = lambda one, **other: stage.h0.handle(TAKE_COMMIT, one.to_bytes(), files | other)  # noqa: E731
    altered = bytearray(files["sum"].read_bytes())
    altered[-1] ^= 1
    for words, change in (
        ("the server committed round 2 after", {"round": 2}),
        ("the server committed round 1 after", {"previous": "ab" * 32}),
        ("the attempt is not the one", {"attempt": 1}),
        ("the upload set is not the one", {"senders": (0, 1, 2)}),
        ("the descriptor is not the one", {"descriptor": "ab" * 32}),
        ("the federation is not the one", {"federation": "Abdomen"}),
    ):
        with pytest.raises((ContinuityError, WireError), match=words):
            take(replace(commit, **change))
    with pytest.raises(WireError, match="the sum is not the one"):
        take(commit, sum=stage.put("altered", bytes(altered)))
    with pytest.raises(WireError, match="the answers is not the one"):
        take(commit, answers=stage.put("no-answers", b""))
    before = stage.h0.ledger.standing
    # a server that commits altered bytes: the check coefficients find it, and the hospital stays where it is
    false = replace(commit, sum_hash=hash_file(stage.put("altered", bytes(altered))))
    report = from_json(Report, take(false, sum=stage.files / "altered").message)
    assert report.round == 1
    assert report.unopened
    assert stage.h0.ledger.standing == before
    report = from_json(Report, take(commit).message)
    assert (report.round, report.unopened) == (2, "")
    with pytest.raises(ContinuityError, match="this hospital's next round is 2"):
        take(commit)


def test_a_committed_round_under_another_descriptor(stage: Stage) -> None:
    files = commit_files(stage)
    stage.work(replace(stage.next, attempt=1, members=stage.next.members))
    with pytest.raises(ContinuityError, match="agreed to \\(attempt 1\\)"):
        stage.h0.handle(TAKE_COMMIT, stage.thorax.commits()[1].to_bytes(), files)


def test_false_answers_among_more_than_are_needed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, backend="ring")
    files = commit_files(stage)
    commit = stage.thorax.commits()[1]
    answers = [data for _, data in read_frames(files["answers"])]
    assert len(answers) == 6
    broken = [bytearray(one) for one in answers]
    broken[2][100] ^= 1
    some = stage.put("some", b"".join(frames(bytes(one) for one in broken)))
    changed = replace(commit, answers_hash=hash_file(some))
    report = from_json(Report, stage.h0.handle(TAKE_COMMIT, changed.to_bytes(), files | {"answers": some}).message)
    assert report.round == 2


def test_member_lists_and_keys_from_the_server(stage: Stage) -> None:
    thorax = stage.thorax
    other = MemberList.make(thorax.coordinator, NAME, [keys.public for keys in list(thorax.keys.values())[:4]])
    false = stage.put("members", b"".join(frames([other.to_bytes()])))
    with pytest.raises(ContinuityError, match="member list 0 is not the one"):
        stage.h0.handle(CHECK_IN, b"", {"members": false})
    stranger = CoordinatorKey.create(stage.files / "stranger")
    forged = MemberList.make(stranger, NAME, [keys.public for keys in thorax.keys.values()], thorax.lists[0])
    both = stage.put("members", b"".join(frames([thorax.lists[0].to_bytes(), forged.to_bytes()])))
    with pytest.raises(WireError, match="by the coordinator"):
        stage.h0.handle(CHECK_IN, b"", {"members": both})


def test_tasks_that_are_none(stage: Stage) -> None:
    with pytest.raises(WireError, match="there is no task 'sing'"):
        stage.h0.handle("sing", b"", {})
    with pytest.raises(WireError, match="came without its file 'descriptor'"):
        stage.h0.handle(WORK, b"", {})


def newcomer(stage: Stage) -> tuple[RoundHospital, WhichModel, dict[str, Path]]:
    """A seventh hospital, and the snapshot and statements that the server has for it."""
    thorax = stage.thorax
    thorax.enrol("h6")
    thorax.change_members([*thorax.keys])
    thorax.join("h6")
    thorax.server().bring_up(thorax.channel)  # the others take the new list and its key
    hospital = thorax.start("h6")
    lists = stage.put("members", b"".join(frames(one.to_bytes() for one in thorax.lists)))
    key = thorax.folder / "server" / "group-key-0000000001"
    hospital.handle(CHECK_IN, b"", {"members": lists, "group-key": key})
    said = []
    for name in ("h0", "h1", "h2", "h3", "h4", "h5"):
        report = thorax.start(name).handle(CHECK_IN, b"", {"members": lists, "group-key": key})
        said.append(bytes.fromhex(from_json(Report, report.message).statement))
    stage.h0 = thorax.start("h0")
    standing = stage.h0.ledger.standing
    which = WhichModel(round=standing.round, model=standing.model, commit=standing.commit)
    snapshot = stage.h0.handle(GIVE_SNAPSHOT, to_json(which), {}).files["snapshot"]
    files = {"snapshot": stage.put("snapshot", snapshot.read_bytes())}
    return hospital, which, files | {"statements": stage.put("statements", b"".join(frames(said)))}


def test_a_newcomer_checks_its_model_against_the_others(stage: Stage) -> None:
    hospital, which, files = newcomer(stage)
    said = [data for _, data in read_frames(files["statements"])]
    take = lambda one, **other: hospital.handle(TAKE_SNAPSHOT, to_json(one), files | other)  # noqa: E731
    with pytest.raises(ShortAnswersError, match=r"3 hospitals vouch .* 4 are needed"):
        take(which, statements=stage.put("three", b"".join(frames([*said[:3], said[0], said[1]]))))
    with pytest.raises(WireError, match="not 'carried' of"):
        take(replace(which, model="ab" * 32))
    broken = bytearray(files["snapshot"].read_bytes())
    broken[40] ^= 1
    with pytest.raises(WireError, match="do not open"):
        take(which, snapshot=stage.put("broken", bytes(broken)))
    assert hospital.ledger.standing.round == 0
    take(which)
    assert hospital.ledger.standing.model == which.model
    assert stage.thorax.model("h6") == stage.thorax.model("h0")
    with pytest.raises(ContinuityError, match="is not taken back"):
        take(which)


def test_a_snapshot_of_another_model_under_the_right_name(stage: Stage) -> None:
    hospital, which, files = newcomer(stage)
    stage.h0.model.write_bytes(b"\0" * 20)  # a member that seals something else
    false = stage.h0.handle(GIVE_SNAPSHOT, to_json(which), {}).files["snapshot"]
    with pytest.raises(WireError, match="the others carry"):
        hospital.handle(TAKE_SNAPSHOT, to_json(which), files | {"snapshot": false})
    assert hospital.ledger.standing.round == 0


def test_a_folder_that_others_can_read(stage: Stage) -> None:
    folder = stage.thorax.folder / "h0" / "keys"
    folder.chmod(0o755)
    with pytest.raises(KeyFileError, match="others can reach it"):
        stage.work(stage.next)


def test_nothing_of_a_hospital_can_be_read_by_others(stage: Stage) -> None:
    stage.work(stage.next)
    below = list((stage.thorax.folder / "h0" / "rounds").rglob("*"))
    assert {path.name for path in below} >= {"ledger", "upload", "0000000001.model"}
    for path in below:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_the_layout_is_the_recipes(stage: Stage) -> None:
    assert stage.next.layout == LAYOUT
    assert UploadSet(stage.next.terms, range(6)).terms.descriptor == stage.next.digest

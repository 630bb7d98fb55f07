"""The server's folder: commits in a chain, attempts, and what a crash leaves of them."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from pleura.errors import ContinuityError, TermsError, WireError
from pleura.federation.rounds.commits import Commit, Commits
from pleura.federation.rounds.descriptor import NOTHING
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import read_frames

FIRST = Commit(
    federation="Thorax",
    round=0,
    attempt=0,
    previous=NOTHING,
    descriptor="01" * 32,
    upload_set="02" * 32,
    senders=(0, 1, 3),
    answered=(0, 1, 2),
    sum_hash="03" * 32,
    answers_hash="04" * 32,
    when=1_700_000_000,
    upload_bytes=4000,
    seconds=1.5,
)


def test_commits_are_a_chain(tmp_path: Path) -> None:
    commits = Commits(tmp_path / "server", "Thorax")
    assert (commits.last, commits.round, commits.digest) == (None, 0, NOTHING)
    commits.commit(FIRST)
    second = replace(FIRST, round=1, previous=FIRST.digest)
    for change in ({"round": 0}, {"previous": "ab" * 32}, {"round": 2}, {"federation": "Abdomen"}):
        with pytest.raises(ContinuityError, match="round 1 of 'Thorax'"):
            commits.commit(replace(second, **change))
    commits.commit(second)
    again = Commits(tmp_path / "server", "Thorax")
    assert again.all == [FIRST, second]
    assert (again.last, again.round, again.digest) == (second, 2, second.digest)
    with pytest.raises(ContinuityError, match="'Abdomen'"):
        Commits(tmp_path / "server", "Abdomen")


def test_a_commit_is_read_back_and_bound_to_every_field() -> None:
    assert Commit.from_bytes(FIRST.to_bytes()) == FIRST
    changed = {"federation": "Abdomen", "previous": "05" * 32, "senders": (0, 1, 2), "answered": (), "seconds": 2.0}
    digests = {replace(FIRST, **{name: value}).digest for name, value in changed.items()} | {FIRST.digest}
    assert len(digests) == 6
    for data in (b"", b"[]", b"{}", b"\xff", FIRST.to_bytes()[:-1], FIRST.to_bytes().replace(b"1.5", b'"x"')):
        with pytest.raises(WireError, match="the committed round cannot be read"):
            Commit.from_bytes(data)
    with pytest.raises(WireError):
        Commit.from_bytes(FIRST.to_bytes().replace(b"01" * 32, b"01" * 31))
    with pytest.raises(TermsError, match="sum_hash is a hash"):
        replace(FIRST, sum_hash="x")


def test_a_damaged_commit_stops_the_server(tmp_path: Path) -> None:
    Commits(tmp_path / "server", "Thorax").commit(FIRST)
    path = tmp_path / "server" / "rounds" / "0000000000" / "commit.json"
    path.write_bytes(FIRST.to_bytes()[:50])
    with pytest.raises(ContinuityError, match="is damaged"):
        Commits(tmp_path / "server", "Thorax")


def test_an_attempt_from_opening_to_failure(tmp_path: Path) -> None:
    commits = Commits(tmp_path / "server", "Thorax")
    assert commits.attempts() == []
    commits.attempt(0, 0)  # a folder without a descriptor: nobody saw one
    assert commits.attempts() == []
    files = commits.attempt(0, 0)
    files.open(b"descriptor")
    assert [one.folder for one in commits.attempts()] == [files.folder]
    assert (files.closed, files.failed, files.kept_answers()) == (None, False, {})
    files.close([2, 0, 1], [b"part 0", b"part 1"], [b"a", b"b", b"c"], 99)
    files.keep_answer(2, b"answer")
    files = Commits(tmp_path / "server", "Thorax").attempts()[0]
    assert files.closed is not None
    assert (files.closed.senders, files.closed.upload_bytes) == ((0, 1, 2), 99)
    assert files.closed.sum_hash == hash_file(files.sum) == sha256(files.sum.read_bytes()).hexdigest()
    assert [data for _, data in read_frames(files.sum)] == [b"part 0", b"part 1"]
    assert files.kept_answers() == {2: b"answer"}
    files.fail("too few")
    assert files.failed


def test_a_withdrawn_commit_is_gone_and_its_attempt_failed(tmp_path: Path) -> None:
    commits = Commits(tmp_path / "server", "Thorax")
    commits.attempt(0, 0).open(b"descriptor")
    commits.commit(FIRST)
    commits.withdraw("nobody can open it")
    assert commits.round == Commits(tmp_path / "server", "Thorax").round == 0
    assert [one.failed for one in commits.attempts()] == [True]

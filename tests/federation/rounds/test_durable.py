"""Files that are whole or not there, through a kill at every call."""

from itertools import count
from pathlib import Path

import pytest

from federation.rounds.kills import Killed, KillingOs
from pleura.errors import OutputError
from pleura.federation.rounds import durable
from pleura.federation.rounds.durable import append, forget, make_folder, place, read, write_whole


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder(tmp_path / "own")
    path = folder / "file"
    write_whole(path, b"old")
    seen = set()
    for at in count(1):
        killing = KillingOs(folder, at)
        with monkeypatch.context() as patch:
            patch.setattr(durable, "os", killing)
            try:
                assert write_whole(path, [b"newer ", b"", b"one"]) == 9
            except Killed:
                seen.add(read(path))
            else:
                break
        make_folder(folder)
        assert [one.name for one in folder.iterdir()] == ["file"]
        write_whole(path, b"old")
    assert seen == {b"old", b"newer one"}
    assert read(path) == b"newer one"
    assert at == 6  # two writes, as the empty one is none; the file, its name, the folder; and then none is hit


def test_an_append_goes_on_from_where_the_file_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_folder(tmp_path / "own") / "file"
    assert append(path, b"one\n", at=0) == 4
    with monkeypatch.context() as patch:
        patch.setattr(durable, "os", KillingOs(tmp_path, 1))
        with pytest.raises(Killed):
            append(path, b"two\n", at=4)
    assert read(path) == b"one\ntw"
    assert append(path, b"two\n", at=4) == 8
    assert read(path) == b"one\ntwo\n"


def test_only_the_owner_reads(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    write_whole(folder / "written", b"x")
    place(folder / "placed", lambda made: made.write_bytes(b"y"))
    append(folder / "appended", b"z", at=0)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    folder.chmod(0o701)
    with pytest.raises(OutputError, match="can be reached by others"):
        make_folder(folder)


def test_what_cannot_be_done_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "own")
    assert read(folder / "absent") is None
    forget(folder / "absent")
    for doing in (
        lambda: write_whole(folder / "absent" / "file", b""),
        lambda: append(folder / "absent" / "file", b"", at=0),
        lambda: read(folder),
        lambda: place(folder / "file", lambda made: None),
        lambda: make_folder(folder / "file"),
    ):
        write_whole(folder / "file", b"")
        with pytest.raises(OutputError, match="cannot keep or read"):
            doing()
    inner = make_folder(folder / "inner")
    write_whole(inner / "file", b"")
    forget(inner)
    assert not inner.exists()


def test_a_failure_of_what_fills_the_file_comes_through(tmp_path: Path) -> None:
    path = make_folder(tmp_path / "own") / "file"
    with pytest.raises(ZeroDivisionError):
        write_whole(path, (bytes([1 // n]) for n in (1, 0)))
    assert read(path) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "own")
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (folder / ".unfinished-file").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError):
        write_whole(folder / "file", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"

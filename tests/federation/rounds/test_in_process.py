"""The channel in one process: replies, refusals, files, losses, and when it stops waiting."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pleura.errors import PolicyError, WireError
from pleura.federation.rounds.exchange import Closing, Reply
from pleura.federation.rounds.in_process import InProcessChannel, LostConnection

ALL = Closing(quorum=1, grace_s=1000, deadline_s=1000)


class Handler:
    def __init__(self, reply: Callable[[str, bytes, Mapping[str, Path]], Reply]) -> None:
        self.handle = reply


def echo(task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
    return Reply(task.encode() + message, files)


def refuse(task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
    raise PolicyError("not here")


def test_replies_refusals_and_absent_hospitals(tmp_path: Path) -> None:
    channel = InProcessChannel(workers=2)
    channel.connect("a", Handler(echo))
    channel.connect("b", Handler(refuse))
    channel.connect("c", Handler(echo))
    (tmp_path / "file").write_bytes(b"content")
    files = {"f": tmp_path / "file"}
    replies = channel.ask("t", b"m", ["a", "b", "d"], files=files, closing=ALL, inbox=tmp_path / "in")
    assert channel.present() == {"a", "b", "c"}
    assert replies["b"] == "not here"
    assert replies.keys() == {"a", "b"}
    reply = replies["a"]
    assert isinstance(reply, Reply)
    assert reply.message == b"tm"
    assert reply.files["f"] == tmp_path / "in" / "a" / "f"
    (tmp_path / "file").write_bytes(b"changed")
    assert reply.files["f"].read_bytes() == b"content"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_hospital_is_gone_until_it_comes_back(tmp_path: Path, moment: str) -> None:
    done: list[str] = []

    def note(task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        done.append(task)
        return Reply()

    def fault(name: str, task: str, now: str) -> None:
        if (name, now) == ("a", moment):
            raise LostConnection(name)

    channel = InProcessChannel(fault=fault)
    channel.connect("a", Handler(note))
    channel.connect("b", Handler(echo))
    assert channel.ask("t", b"", ["a", "b"], closing=ALL, inbox=tmp_path).keys() == {"b"}
    assert done == ([] if moment == "before" else ["t"])
    assert channel.present() == {"b"}
    channel.fault = None
    assert channel.ask("t", b"", ["a", "b"], closing=ALL, inbox=tmp_path).keys() == {"b"}
    channel.connect("a", Handler(note))
    assert channel.ask("t", b"", ["a", "b"], closing=ALL, inbox=tmp_path).keys() == {"a", "b"}


def test_nobody_waits_for_a_latecomer_beyond_the_grace(tmp_path: Path) -> None:
    free = threading.Event()

    def late(task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        free.wait(60)
        return Reply()

    channel = InProcessChannel(workers=3)
    channel.connect("a", Handler(late))
    channel.connect("b", Handler(echo))
    closing = Closing(quorum=1, grace_s=0.05, deadline_s=1000)
    assert channel.ask("t", b"", ["a", "b"], closing=closing, inbox=tmp_path).keys() == {"b"}
    closing = Closing(quorum=2, grace_s=0, deadline_s=0.05)
    assert channel.ask("t", b"", ["a", "b"], closing=closing, inbox=tmp_path).keys() == {"b"}
    free.set()


def test_a_file_that_is_gone_and_a_name_that_leaves_the_inbox(tmp_path: Path) -> None:
    channel = InProcessChannel()
    channel.connect("a", Handler(lambda *_: Reply(files={"f": tmp_path / "absent"})))
    replies = channel.ask("t", b"", ["a"], closing=ALL, inbox=tmp_path / "in")
    assert replies == {"a": "its file 'f' is gone before it was sent"}
    (tmp_path / "there").write_bytes(b"")
    channel.connect("../b", Handler(lambda *_: Reply(files={"f": tmp_path / "there"})))
    with pytest.raises(WireError, match="plainer name"):
        channel.ask("t", b"", ["../b"], closing=ALL, inbox=tmp_path / "in")

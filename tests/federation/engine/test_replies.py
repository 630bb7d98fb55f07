"""Replies as they come, against the round's rule for closing; the clock is the test's."""

import pytest

from pleura.federation.engine.replies import Replies
from pleura.federation.rounds.exchange import Closing, Reply

CLOSING = Closing(quorum=2, grace_s=5.0, deadline_s=100.0, stall_s=3.0)


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replies(clock: Clock) -> Replies:
    return Replies("abcd", CLOSING, clock)


def test_all_answers_end_the_wait(replies: Replies) -> None:
    for name in "dcb":
        assert replies.coming(name)
        replies.whole(name, Reply(name.encode()))
        assert not replies.done()
    replies.refused("a", "not today")
    assert replies.done()
    assert list(replies.close().items()) == [
        ("a", "not today"),
        ("b", Reply(b"b")),
        ("c", Reply(b"c")),
        ("d", Reply(b"d")),
    ]


def test_grace_runs_from_the_quorum(replies: Replies, clock: Clock) -> None:
    replies.whole("a", Reply())
    clock.now += 20
    assert not replies.done()
    replies.whole("b", Reply())
    clock.now += 4.9
    assert not replies.done()
    clock.now += 0.2
    assert replies.done()


def test_a_stalled_file_is_given_up_before_the_grace_is_over(replies: Replies, clock: Clock) -> None:
    replies.whole("a", Reply())
    replies.whole("b", Reply())
    replies.coming("c")
    clock.now += 2.9
    replies.byte()
    assert not replies.done()
    clock.now += 1.5
    assert not replies.done()
    clock.now += 0.55
    assert not replies.done()
    clock.now = 50 + 2.9 + 3.1
    assert replies.done()


def test_the_deadline_ends_the_wait_without_a_quorum(replies: Replies, clock: Clock) -> None:
    replies.whole("a", Reply())
    clock.now += 99.9
    assert not replies.done()
    clock.now += 0.1
    assert replies.done()
    assert replies.close() == {"a": Reply()}


def test_who_is_lost_is_not_waited_for(replies: Replies) -> None:
    replies.whole("a", Reply(b"1"))
    replies.lost("a")
    replies.lost("b")
    replies.lost("c")
    assert not replies.done()
    replies.lost("d")
    assert replies.done()
    assert replies.close() == {"a": Reply(b"1")}


def test_a_second_reply_a_strangers_and_a_late_one_are_dropped(replies: Replies) -> None:
    assert replies.coming("a")
    assert not replies.coming("a")
    replies.whole("a", Reply(b"first"))
    assert not replies.coming("a")
    replies.whole("a", Reply(b"second"))
    replies.refused("a", "third")
    assert not replies.coming("z")
    replies.whole("z", Reply())
    assert replies.close() == {"a": Reply(b"first")}
    assert not replies.coming("b")
    replies.whole("b", Reply())
    replies.refused("c", "late")
    assert replies.close() == {"a": Reply(b"first")}

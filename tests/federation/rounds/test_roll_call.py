"""Who holds which model, by hand; and who is asked for what at the beginning of a round."""

from pathlib import Path

from federation.rounds.thorax import Thorax
from pleura.federation.rounds.messages import (
    CHECK_IN,
    GIVE_SNAPSHOT,
    MAKE_GROUP_KEY,
    TAKE_COMMIT,
    TAKE_SNAPSHOT,
    Report,
)
from pleura.federation.rounds.roll_call import find_disagreement

A, B = "aa" * 32, "bb" * 32


def report(model: str, commit: str = B) -> Report:
    return Report(round=3, model=model, commit=commit, group_key=True, statement="")


def test_who_holds_which_model() -> None:
    assert find_disagreement({}, B) == ""
    assert find_disagreement({"x": report(A), "y": report(A)}, B) == ""
    said = find_disagreement({"x": report(A), "y": report(B), "z": report(A)}, B)
    assert "x, z: model aaaaaaaaaaaaaaaa... after commit bbbbbbbbbbbbbbbb...; y: model bbbbbbbbbbbbbbbb..." in said
    assert "newest commit is aaaaaaaaaaaaaaaa" in find_disagreement({"x": report(A)}, A)


def test_nobody_is_asked_for_more_than_is_needed(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    asked: list[str] = []
    thorax.channel.before = asked.append
    server = thorax.server()
    server.bring_up(thorax.channel)
    assert asked == [CHECK_IN, MAKE_GROUP_KEY, CHECK_IN]
    asked.clear()
    server.bring_up(thorax.channel)
    assert asked == [CHECK_IN]
    server.play(thorax.channel)
    asked.clear()
    server.bring_up(thorax.channel)
    assert asked == [CHECK_IN, TAKE_COMMIT]
    asked.clear()
    thorax.channel.disconnect("h0")
    server.play(thorax.channel)
    thorax.start("h0")
    asked.clear()
    server.bring_up(thorax.channel)
    assert asked == [CHECK_IN, TAKE_COMMIT, GIVE_SNAPSHOT, TAKE_SNAPSHOT]
    asked.clear()
    thorax.change_members(["h0", "h1", "h2"])
    thorax.server().bring_up(thorax.channel)
    assert asked == [CHECK_IN, MAKE_GROUP_KEY, CHECK_IN]


def test_a_member_that_is_not_in_the_list_is_not_asked(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server = thorax.server()
    server.play(thorax.channel)
    thorax.channel.connect("stranger", thorax.start("h0"))
    assert server.bring_up(thorax.channel).keys() == {"h0", "h1", "h2", "h3"}
    thorax.change_members(["h0", "h1", "h2"])
    server = thorax.server()
    assert server.bring_up(thorax.channel).keys() == {"h0", "h1", "h2"}
    assert server.play(thorax.channel).senders == (0, 1, 2)

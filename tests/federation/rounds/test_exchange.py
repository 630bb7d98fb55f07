"""When waiting ends, by a table; which names files may have."""

from pathlib import Path

import pytest

from pleura.errors import TermsError, WireError
from pleura.federation.rounds.exchange import Closing, Reply, check_file_name

RULE = Closing(quorum=3, grace_s=10, deadline_s=100, stall_s=15)


@pytest.mark.parametrize(
    ("asked", "answered", "elapsed", "since_quorum", "since_byte", "done"),
    [
        (5, 5, 1, 0, None, True),  # all there
        (5, 2, 99, None, None, False),  # no quorum: on to the deadline
        (5, 2, 100, None, 0, True),
        (5, 3, 5, 5, None, False),  # in the grace
        (5, 3, 15, 10, None, True),
        (5, 4, 15, 10, 0, True),  # grace is over, even for who is sending
        (5, 4, 20, 9, 15, True),  # who was sending has stalled
        (5, 4, 20, 9, 14, False),
        (5, 2, 50, None, 40, False),  # stalled without a quorum: nothing else to do
        (2, 2, 1, None, None, True),  # the others refused
        (0, 0, 0, None, None, True),
    ],
)
def test_closing(
    asked: int, answered: int, elapsed: float, since_quorum: float | None, since_byte: float | None, done: bool
) -> None:
    times = {"elapsed": elapsed, "since_quorum": since_quorum, "since_byte": since_byte}
    assert RULE.done(asked=asked, answered=answered, **times) is done


@pytest.mark.parametrize("settings", [{"quorum": 0}, {"grace_s": -1}, {"deadline_s": 0}, {"stall_s": 0}])
def test_rules_that_contradict_themselves(settings: dict[str, float]) -> None:
    with pytest.raises(TermsError):
        Closing(**({"quorum": 3, "grace_s": 1, "deadline_s": 1} | settings))


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "A", "ü", "a" * 65, "a\0", "-a", "a\n"])
def test_names_that_no_file_may_have(name: str) -> None:
    with pytest.raises(WireError, match="a file came under the name"):
        Reply(files={name: Path("x")})


def test_names_that_files_may_have() -> None:
    for name in ("upload", "group-key", "part_1.bin", "0", "a" * 64):
        assert check_file_name(name) == name

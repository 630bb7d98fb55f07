"""How far the rounds are, read from a server's folder beside a server that plays them, and without a trace."""

from pathlib import Path

import pytest

from federation.rounds.thorax import Thorax
from pleura.errors import WireError
from pleura.federation.engine.progress import CommittedRounds


def test_rounds_and_hospitals_are_those_that_were_committed(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    folder = tmp_path / "server"
    progress = CommittedRounds(folder, lambda: [one.to_bytes() for one in thorax.lists], thorax.coordinator.public)
    assert (progress.last_round(), progress.last_hospitals()) == (0, frozenset())
    thorax.server().play(thorax.channel)
    assert (progress.last_round(), progress.last_hospitals()) == (1, {"h0", "h1", "h2", "h3"})
    thorax.channel.disconnect("h1")
    thorax.server().play(thorax.channel)
    assert (progress.last_round(), progress.last_hospitals()) == (2, {"h0", "h2", "h3"})
    thorax.change_members(["h0", "h1", "h2"])
    assert progress.last_hospitals() == {"h0", "h2"}

    unfinished = folder / "rounds" / ".unfinished-commit.json"
    unfinished.touch()
    progress.last_round()
    progress.last_hospitals()
    assert unfinished.exists()


def test_a_gap_is_refused(tmp_path: Path) -> None:
    for which in (0, 2):
        at = tmp_path / "rounds" / f"{which:010d}"
        at.mkdir(parents=True)
        (at / "commit.json").touch()
    with pytest.raises(WireError, match="is missing"):
        CommittedRounds(tmp_path, list, b"").last_round()

"""Rounds over the channel in one process: sums against plain ones, drop-outs, membership, and what is refused."""

from pathlib import Path

import pytest

from federation.rounds.thorax import Thorax


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
    assert [thorax.model(name) for name in thorax.keys] == [expected] * 4

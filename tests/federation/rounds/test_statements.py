"""Words for a model, counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import found, mutations, refused
from pleura.errors import ShortAnswersError, WireError
from pleura.federation.rounds.statements import CARRIED, RELEASED, ModelStatement, check_statements

COMMIT, MODEL = "ab" * 32, "cd" * 32


def test_words_are_counted_once_each(tmp_path: Path, rng: np.random.Generator) -> None:
    people = found(tmp_path, 5)
    make = ModelStatement.make
    said = [make(h, CARRIED, "Thorax", 3, COMMIT, MODEL).to_bytes() for h in people.hospitals]
    asked = {"purpose": CARRIED, "which": 3, "commit": COMMIT, "model": MODEL}
    names = {h.fingerprint for h in people.hospitals}
    assert check_statements(said, people.members, least=5, **asked) == names
    own = people.hospitals[0].fingerprint
    assert check_statements(said, people.members, least=4, without=own, **asked) == names - {own}
    with pytest.raises(ShortAnswersError, match="4 hospitals vouch"):
        check_statements(said, people.members, least=5, without=own, **asked)
    with pytest.raises(ShortAnswersError, match="2 hospitals vouch"):
        check_statements([said[0], said[1], said[0]], people.members, least=3, **asked)
    for other in ({"which": 4}, {"commit": MODEL}, {"model": COMMIT}, {"purpose": RELEASED}):
        with pytest.raises(WireError, match="says 'carried' of model"):
            check_statements(said, people.members, least=1, **(asked | other))
    read = lambda data: ModelStatement.from_bytes(data, people.members)  # noqa: E731
    assert refused(read, mutations(said[0], rng)) > 600


def test_a_stranger_vouches_for_nothing(tmp_path: Path) -> None:
    people, strangers = found(tmp_path / "a", 3), found(tmp_path / "b", 3)
    said = ModelStatement.make(strangers.hospitals[0], CARRIED, "Thorax", 3, COMMIT, MODEL)
    with pytest.raises(WireError, match="and is no member"):
        ModelStatement.from_bytes(said.to_bytes(), people.members)

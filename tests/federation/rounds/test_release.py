"""A model leaves when two thirds and one of the hospitals sign it."""

from pathlib import Path

import pytest

from federation.rounds.thorax import Thorax, ledger_rows
from pleura.errors import ContinuityError, ShortAnswersError, WireError
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.rounds.messages import CHECK_IN, Report, from_json
from pleura.federation.rounds.release import least_signatures, read_release, write_release


def test_a_release_is_signed_and_read_back(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    server = thorax.server()
    server.play(thorax.channel)
    server.bring_up(thorax.channel)
    members, hospitals = thorax.lists[0], {name: thorax.start(name) for name in thorax.keys}
    model = hospitals["h0"].ledger.standing.model
    assert least_signatures(members) == 3
    with pytest.raises(ContinuityError, match="is to be released, and this hospital holds"):
        hospitals["h0"].sign_release("ab" * 32)
    said = [hospitals[name].sign_release(model) for name in ("h0", "h1", "h3")]
    assert ledger_rows(thorax, "h0")[-1]["kind"] == "released"
    assert thorax.start("h0").ledger.standing == hospitals["h0"].ledger.standing
    path = tmp_path / "release"
    expected = {thorax.keys[name].fingerprint for name in ("h0", "h1", "h3")}
    assert write_release(path, said, members, model) == expected
    assert read_release(path, members, model) == expected
    for few in (said[:2], [*said[:2], said[0]]):
        with pytest.raises(ShortAnswersError, match="2 hospitals vouch"):
            write_release(path, few, members, model)
    with pytest.raises(WireError, match="not 'released' of abab"):
        read_release(path, members, "ab" * 32)
    with pytest.raises(WireError, match="no hospital has signed"):
        write_release(path, [], members, model)


def test_a_word_for_holding_a_model_is_none_for_releasing_it(tmp_path: Path) -> None:
    thorax = Thorax(tmp_path)
    thorax.server().play(thorax.channel)
    lists = tmp_path / "lists"
    lists.write_bytes(b"".join(frames([thorax.lists[0].to_bytes()])))
    said, model = [], ""
    for name in thorax.keys:
        report = from_json(Report, thorax.start(name).handle(CHECK_IN, b"", {"members": lists}).message)
        said.append(bytes.fromhex(report.statement))
        model = report.model
    with pytest.raises(WireError, match="says 'carried' of model"):
        write_release(tmp_path / "release", said, thorax.lists[0], model)
    assert [data for _, data in read_frames(lists)] == [thorax.lists[0].to_bytes()]

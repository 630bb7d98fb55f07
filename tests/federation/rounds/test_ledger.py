"""A ledger cut at every byte, altered at every byte, and added up by hand."""

from pathlib import Path

import pytest

from pleura.errors import ContinuityError, OutputError
from pleura.federation.rounds.continuity import Attempt, Standing
from pleura.federation.rounds.ledger import Ledger

A, B, M = "aa" * 32, "bb" * 32, "cc" * 32


def fill(path: Path) -> Ledger:
    ledger = Ledger(path)
    ledger.write("began", 1.0, round=0, model=M, commit="0" * 64)
    ledger.write("accepted", 2.0, round=0, attempt=0, descriptor=A, endorsement=2)
    ledger.write("uploaded", 3.0, round=0, attempt=0, descriptor=A, epsilon=0.5, upload=B, shares=M)
    ledger.write("answered", 4.0, round=0, attempt=0, descriptor=A, upload_set=M, senders=["x", "y"])
    ledger.write("accepted", 5.0, round=0, attempt=1, descriptor=B, endorsement=1)
    return ledger


def test_where_a_hospital_stands(tmp_path: Path) -> None:
    ledger = fill(tmp_path / "own" / "ledger")
    first = Attempt(number=0, descriptor=A, upload=B, shares=M, upload_set=M, senders=frozenset("xy"))
    expected = Standing(round=0, model=M, endorsement=2, spent=0.5, attempts=(first, Attempt(number=1, descriptor=B)))
    assert ledger.standing == expected
    ledger.write("applied", 6.0, round=1, model=A, commit=B)
    expected = Standing(round=1, model=A, commit=B, endorsement=2, spent=0.5)
    assert ledger.standing == expected
    again = Ledger(tmp_path / "own" / "ledger")
    assert (again.standing, again.records) == (expected, ledger.records)
    assert [row["when"] for row in again.of_kind("accepted")] == [2.0, 5.0]


def test_a_kill_at_any_byte_loses_at_most_the_record_under_way(tmp_path: Path) -> None:
    path = tmp_path / "own" / "ledger"
    records = fill(path).records
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        ledger = Ledger(path)
        left = sum(end <= size for end in ends)
        assert ledger.records == records[:left]
        if size % 7 == 0 and left < len(records):  # and goes on from there as if nothing had been
            for row in records[left:]:
                ledger.write(row["kind"], row["when"], **{k: v for k, v in row.items() if k not in ("kind", "when")})
            assert path.read_bytes() == whole


def test_a_byte_that_is_altered_is_found(tmp_path: Path) -> None:
    path = tmp_path / "own" / "ledger"
    fill(path)
    whole = path.read_bytes()
    last_line = whole.rindex(b"\n", 0, -1) + 1
    for at in range(len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(ContinuityError, match="is damaged"):
            Ledger(path)
    for lines in (whole[last_line:], whole[:last_line] * 2):
        path.write_bytes(lines)
        with pytest.raises(ContinuityError, match="is damaged"):
            Ledger(path)


def test_records_that_make_no_sense_are_not_written(tmp_path: Path) -> None:
    path = tmp_path / "own" / "ledger"
    ledger = fill(path)
    before = path.read_bytes()
    for kind, fields in (
        ("sung", {"descriptor": B}),
        ("uploaded", {"descriptor": A, "upload": A, "shares": A, "epsilon": 0.0}),  # of an attempt that is over
        ("accepted", {}),
    ):
        with pytest.raises(KeyError):
            ledger.write(kind, 7.0, **fields)
    assert path.read_bytes() == before


def test_two_programs_for_one_hospital(tmp_path: Path) -> None:
    path = tmp_path / "own" / "ledger"
    one, two = fill(path), Ledger(path)
    two.write("applied", 6.0, round=1, model=A, commit=B)
    with pytest.raises(ContinuityError, match="another program has written"):
        one.write("accepted", 6.0, round=0, attempt=2, descriptor=M, endorsement=2)
    assert Ledger(path).records == two.records


def test_a_ledger_that_others_can_reach(tmp_path: Path) -> None:
    path = tmp_path / "own" / "ledger"
    fill(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.parent.chmod(0o750)
    with pytest.raises(OutputError, match="can be reached by others"):
        Ledger(path)

"""Records through JSON, and bytes that are none."""

import pytest

from pleura.errors import WireError
from pleura.federation.rounds.messages import Report, Senders, WhichModel, from_json, to_json


def test_there_and_back() -> None:
    for record in (
        Report(round=3, model="ab", commit="cd", group_key=True, statement="ef", unopened="why"),
        WhichModel(round=3, model="ab", commit="cd"),
        Senders(places=(0, 2, 5)),
        Senders(places=()),
    ):
        assert from_json(type(record), to_json(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"places": 5}',
        b'{"places": [1.5]}',
        b'{"places": [true]}',
        b'{"place": [1]}',
        b"[" * 100_000,
        b'{"places": [' + b"1," * 600_000 + b"1]}",
    ],
    ids=range(10),
)
def test_bytes_that_are_none(data: bytes) -> None:
    with pytest.raises(WireError, match="a message is no Senders"):
        from_json(Senders, data)

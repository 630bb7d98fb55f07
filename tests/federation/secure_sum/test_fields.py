import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import WireError
from pleura.federation.secure_sum.fields import Fields, number, opening, text


@given(st.integers(0, 2**64 - 1), st.binary(max_size=50))
def test_what_is_written_is_read(value: int, data: bytes) -> None:
    fields = Fields(opening(b"PLEURXYZ") + text("Zürich") + number(value, 8) + data, "it")
    fields.opening(b"PLEURXYZ")
    assert fields.text() == "Zürich"
    assert fields.number(8) == value
    before = fields.so_far()
    assert fields.take(len(data)) == data
    assert fields.so_far() == before + data
    fields.end()


def test_numbers_are_bounded() -> None:
    assert number(258, 2) == b"\x01\x02"
    for bad, size in ((-1, 2), (65536, 2), (1, 0)):
        with pytest.raises(WireError, match="does not fit"):
            number(bad, size)
    for bad in (b"\0", b"\x0b"):
        with pytest.raises(WireError, match="where 1 to 10 was expected"):
            Fields(bad, "it").number(1, least=1, most=10)


def test_each_refusal_names_the_message() -> None:
    with pytest.raises(WireError, match="this is not the list: it begins with b'PLEURABC'"):
        Fields(b"PLEURABC\x01", "the list").opening(b"PLEURXYZ")
    with pytest.raises(WireError, match="the list has format 2, this program reads 1"):
        Fields(b"PLEURXYZ\x02", "the list").opening(b"PLEURXYZ")
    with pytest.raises(WireError, match="the list ends after 3 bytes, 4 or more"):
        Fields(b"abc", "the list").take(4)
    with pytest.raises(WireError, match="the list has 3 bytes, 0 were expected"):
        Fields(b"abc", "the list").end()


@pytest.mark.parametrize("bad", [b"\0\0", b"\1\1" + b"a" * 257, b"\0\1\xff", b"\0\1\n", b"\0\2 a", b"\0\3ab"])
def test_names_from_outside_are_printable(bad: bytes) -> None:
    with pytest.raises(WireError):
        Fields(bad, "the list").text()

"""Tables as spreadsheets write them are read as what they say, and others are refused with the row."""

from pathlib import Path

import pytest

from pleura.errors import CohortError
from pleura.evaluation.rows import read_rows

ROWS = [{"case": "a b", "score": "0.5"}, {"case": "c,d", "score": "-1.5e-3"}]


@pytest.mark.parametrize(
    "text",
    [
        'case,score\na b,0.5\n"c,d",-1.5e-3\n',
        ' case , score\r\n a b , 0.5\r\n"c,d",-1.5e-3\r\n\r\n,\r\n,\r\n',
        "\ufeffcase;score\r\na b;0,5\r\nc,d;-1,5e-3\r\n",
        "sep=;\r\ncase;score\r\na b;0.5\r\nc,d;-1.5e-3\r\n;\r\n",
        "case\tscore\na b\t0,5\nc,d\t-1,5e-3\n",
    ],
)
def test_the_same_table_in_five_ways_of_writing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    assert read_rows(path, ("case",)) == ROWS


def test_a_comma_between_thousands_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('case,score\na,"1,234"\n')
    assert read_rows(path, ("case",)) == [{"case": "a", "score": "1,234"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"case,score\na,1\n,2\nb,3\n", "row 3: case is empty"),
        (b"case,score\n\na,1\nb,2,3\n", "row 4: need 2 fields as in the header, got 3"),
        (b"sep=;\ncase;score\n;1\nb;2\n", "row 3: case is empty"),
        ("case,score\nMünster,1\n".encode("latin-1"), "byte 13 is not.*CSV UTF-8"),
        ("case\tscore\na\t1\n".encode("utf-16"), "not in UTF-8"),
        (b'case,score\n"a,1\n', "not a CSV file"),
        (b"case,score\n,\n", "a header and no rows"),
        (b"Case,score\na,1\n", "no column case; its columns are Case, score"),
    ],
)
def test_what_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    with pytest.raises(CohortError, match=message):
        read_rows(path, ("case",))

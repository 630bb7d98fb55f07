"""A file is whole or not there: what a reader finds after success, failure and interruption."""

from pathlib import Path

import pytest

from pleura.errors import OutputError
from pleura.whole_file import whole_file, write_rows, write_text


def test_a_whole_file_replaces_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with whole_file(tmp_path / "a.txt") as made:
        assert made.parent == tmp_path
        assert made.suffix == ".txt"
        made.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert (tmp_path / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_failure_leaves_the_one_before_and_nothing_else(error: type[BaseException], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail(made: Path) -> None:
        made.write_text("half")
        raise error

    with pytest.raises(error), whole_file(tmp_path / "a.txt") as made:
        fail(made)
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_place_that_is_not_there_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*a\.txt: No such file or directory; check the folder"):
        write_text(tmp_path / "absent" / "a.txt", "")
    with (
        pytest.raises(OutputError, match="; make room"),
        whole_file(tmp_path / "absent" / "a", advice="make room") as at,
    ):
        at.write_text("")


def test_rows_have_the_columns_of_all_of_them(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", [{"x": 1, "y": "a,b"}, {"x": 2, "z": None}])
    assert (tmp_path / "a.csv").read_bytes() == b'x,y,z\n1,"a,b",\n2,,\n'


def test_a_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "Lungenentzündung\n")
    assert (tmp_path / "a.txt").read_bytes() == "Lungenentzündung\n".encode()

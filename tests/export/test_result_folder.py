"""A result folder is whole or absent."""

from pathlib import Path

import pytest

from pleura.errors import OutputError
from pleura.export.result_folder import check_free, result_folder


def test_what_was_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with result_folder(out) as folder:
        (folder / "a.txt").write_text("A")
    assert (out / "a.txt").read_text() == "A"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def fill_and_fail() -> None:
        with result_folder(out) as folder:
            (folder / "a.txt").write_text("A")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_and_fail()
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with result_folder(out) as folder:
        (folder / "a.txt").write_text("A")
    assert (out / "a.txt").exists()


def test_a_folder_that_holds_something_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds 1"):
        check_free(tmp_path)
    with pytest.raises(OutputError), result_folder(tmp_path):
        pass
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="not a folder"):
        check_free(tmp_path / "out")
    with pytest.raises(OutputError, match="cannot write"):
        check_free(tmp_path / "out" / "below")

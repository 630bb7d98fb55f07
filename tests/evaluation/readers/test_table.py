"""Readers' answers written and read back; files that are refused."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError, OutputError
from pleura.evaluation.readers.table import Answers, read_answers, write_answers


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    answers = Answers(("R1", "R2"), ("x", "y"), ("a", "b"), np.array([[0, 1], [1, 1]]), ("junior", "senior"), True)
    write_answers(answers, tmp_path / "readers.csv")
    found = read_answers(tmp_path / "readers.csv", ("a", "b"))
    assert (found.readers, found.cases, found.tiers, found.simulated) == (
        answers.readers,
        answers.cases,
        answers.tiers,
        True,
    )
    np.testing.assert_array_equal(found.answers, answers.answers)
    assert [path.name for path in tmp_path.iterdir()] == ["readers.csv"]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("case,reader,answer\nx,R1,a\ny,R2,b\nx,R2,b\ny,R1,a\n")
    found = read_answers(tmp_path / "r.csv", ("a", "b"))
    np.testing.assert_array_equal(found.answers, [[0, 0], [1, 1]])
    assert (found.tiers, found.simulated) == (None, False)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("x,R1,c,", 'answer "c" is no class; known are a, b'),
        ("x,R1,a,\nx,R1,b,", "answers case x twice"),
        ("x,R1,a,\ny,R1,a,\nx,R2,a,", "reader R2 has no answer on case y"),
        ("x,R1,a,junior\ny,R1,a,senior", "two tiers"),
    ],
)
def test_what_is_wrong_is_said(rows: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"case,reader,answer,tier\n{rows}\n")
    with pytest.raises(CohortError, match=message):
        read_answers(tmp_path / "r.csv", ("a", "b"))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    answers = Answers(("R1",), ("x",), ("a",), np.array([[0]]))
    with pytest.raises(OutputError, match="cannot write"):
        write_answers(answers, tmp_path / "none" / "r.csv")

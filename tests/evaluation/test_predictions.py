"""Files that are read as they should be, and files that are refused with the row and the cure."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.predictions import read_predictions, read_runs, read_truth, write_predictions

CLASSES = "case,truth,patient,hospital,a,b\n1,a,p,north,0.9,0.1\n2,b,q,south,0.2,0.8\n"


def _file(folder: Path, text: str) -> Path:
    path = folder / "predictions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_score_column_a_class(tmp_path: Path) -> None:
    found = read_predictions(_file(tmp_path, "\ufeff" + CLASSES.replace(",a,b\n", ", a ,b\n")))
    assert (found.classes, found.cases, found.binary) == (("a", "b"), ("1", "2"), False)
    assert (found.patients, found.hospitals, found.groups) == (("p", "q"), ("north", "south"), None)
    np.testing.assert_array_equal(found.truth, [0, 1])
    np.testing.assert_array_equal(found.scores, [[0.9, 0.1], [0.2, 0.8]])
    second = found.of(np.array([False, True]))
    assert (second.cases, second.hospitals, second.groups) == (("2",), ("south",), None)
    np.testing.assert_array_equal(second.scores, [[0.2, 0.8]])


def test_a_single_score(tmp_path: Path) -> None:
    found = read_predictions(_file(tmp_path, "case,truth,score\n1,0,-3\n2,1,7.5\n"))
    assert (found.classes, found.binary) == (("0", "1"), True)
    np.testing.assert_array_equal(found.scores, [[3, -3], [-7.5, 7.5]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column case"),
        ("case,truth,a,b\n", "no rows"),
        ("case,a,b\n1,0.1,0.9\n", "no column truth"),
        ("case,truth\n1,a\n", "no score column"),
        ("case,truth,a\n1,a,1\n", "name it score"),
        ("case,truth,a,a\n1,a,1,0\n", "stands twice"),
        (CLASSES + "2,b,q,south,0.2,0.8\n", "case 2 stands twice"),
        (CLASSES + "3,c,q,south,0.2,0.8\n", 'row 4: truth "c" is no class; score columns are for a, b'),
        (CLASSES + "3,a,q,south,0.2,nan\n", 'row 4: b = "nan"; need a finite score'),
        (CLASSES + "3,a,q,south,0.2,x\n", "leave out what is none"),
        (CLASSES + "3,a,q,south,0.2\n", "row 4: need 6 fields"),
        (CLASSES + "3,a,q,south,0.2,0.8,9\n", "row 4: need 6 fields"),
        (CLASSES + "3,a,,south,0.2,0.8\n", "row 4: patient is empty"),
        (CLASSES + ",a,p,south,0.2,0.8\n", "row 4: case is empty"),
        ("case,truth,score\n1,yes,0.3\n", 'truth "yes" is no class; score columns are for 0, 1'),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=message):
        read_predictions(_file(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="cannot read"):
        read_predictions(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"case,truth\xff\n")
    with pytest.raises(CohortError, match="UTF-8"):
        read_predictions(tmp_path / "bytes.csv")


def test_truth_alone(tmp_path: Path) -> None:
    cases, truth, classes = read_truth(_file(tmp_path, "case,truth\n1,b\n2,a\n3,b\n"))
    assert (cases, truth.tolist(), classes) == (("1", "2", "3"), [1, 0, 1], ("a", "b"))
    assert read_truth(_file(tmp_path, CLASSES.replace(",a,b\n", ",b,a\n")))[2] == ("b", "a")


RUNS = "case,truth,run,score\n1,0,r1,0.2\n2,1,r1,0.8\n2,1,r2,0.6\n1,0,r2,0.3\n"


def test_runs_are_brought_into_one_order(tmp_path: Path) -> None:
    found = read_runs(_file(tmp_path, RUNS))
    assert list(found) == ["r1", "r2"]
    assert [one.cases for one in found.values()] == [("1", "2"), ("1", "2")]
    assert found["r2"].scores[:, 1].tolist() == [0.3, 0.6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("case,truth,score\n1,0,0.2\n", "no column run"),
        (RUNS + "3,1,r2,0.5\n", "run r2 has other cases"),
        (RUNS.replace("2,1,r2", "2,0,r2"), "run r2 has other cases, truths"),
        (RUNS + "1,0,r2,0.3\n", "case 1 stands twice"),
        (RUNS + "3,1,r2,x\n", "row 6: score"),
    ],
)
def test_what_is_wrong_with_runs_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=message):
        read_runs(_file(tmp_path, text))


def test_a_table_of_runs_is_no_table_of_one(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="pleura evaluate runs"):
        read_predictions(_file(tmp_path, RUNS))


def test_further_columns_are_kept_where_named(tmp_path: Path) -> None:
    text = "case,truth,split,sex,score\n1,0,test,F,0.2\n2,1,validation,,0.8\n"
    found = read_predictions(_file(tmp_path, text), columns=("sex",))
    assert (found.columns, found.splits) == ({"sex": ("F", "")}, ("test", "validation"))
    assert found.of(np.array([False, True])).columns == {"sex": ("",)}
    with pytest.raises(CohortError, match="no column age"):
        read_predictions(_file(tmp_path, text), columns=("age",))
    with pytest.raises(CohortError, match="is no class; score columns are for sex, score"):
        read_predictions(_file(tmp_path, text))


def test_probabilities_are_probabilities(tmp_path: Path) -> None:
    binary = read_predictions(_file(tmp_path, "case,truth,score\n1,0,0.25\n2,1,1\n"))
    np.testing.assert_array_equal(binary.probabilities, [[0.75, 0.25], [0, 1]])
    several = read_predictions(_file(tmp_path, CLASSES))
    np.testing.assert_allclose(several.probabilities, [[0.9, 0.1], [0.2, 0.8]])
    for text in ("case,truth,score\n1,0,-1\n", CLASSES.replace("0.9", "0.8")):
        with pytest.raises(CohortError, match="need probabilities"):
            _ = read_predictions(_file(tmp_path, text)).probabilities


@pytest.mark.parametrize("text", [CLASSES, "case,truth,split,score\n1,0,test,0.25\n2,1,train,1\n"])
def test_what_is_written_is_read_back(text: str, tmp_path: Path) -> None:
    found = read_predictions(_file(tmp_path, text))
    write_predictions(found, tmp_path / "again.csv")
    again = read_predictions(tmp_path / "again.csv")
    np.testing.assert_array_equal(again.scores, found.scores)
    for name in ("classes", "cases", "binary", "patients", "hospitals", "groups", "splits"):
        assert getattr(again, name) == getattr(found, name)


def test_truths_may_be_missing_where_that_is_said(tmp_path: Path) -> None:
    path = _file(tmp_path, "case,truth,score\n1,,0.3\n2,1,0.7\n")
    with pytest.raises(CohortError, match="row 2: truth is empty"):
        read_predictions(path)
    assert read_predictions(path, without_truth=True).truth.tolist() == [-1, 1]
    assert read_predictions(_file(tmp_path, "case,score\n1,0.3\n"), without_truth=True).truth.tolist() == [-1]

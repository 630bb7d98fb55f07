"""Files of reported numbers: digits are kept, and what is not understood is refused."""

from pathlib import Path
from typing import Any

import pytest

from pleura.errors import CohortError
from pleura.evaluation.consistency.document import parse_document, read_document


def test_digits_are_kept_without_quotes_in_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("format = 1\n[[test]]\nsensitivity = 0.90\npositives = 10\n")
    (tmp_path / "a.json").write_text('{"format": 1, "test": [{"sensitivity": 0.90, "positives": 10}]}')
    for name in ("a.toml", "a.json"):
        (test,) = read_document(tmp_path / name).tests
        value = test.measures["sensitivity"].value
        assert value is not None
        assert value.text == "0.90"
        assert test.counts == {"positives": 10}


def test_other_names_for_the_same() -> None:
    (test,) = parse_document({"format": 1, "test": [{"recall": "0.9", "precision": "0.8", "tp": 9}]}).tests
    assert set(test.measures) == {"sensitivity", "ppv"}
    assert test.counts == {"true_positives": 9}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "format = None; need format = 1"),
        ({"format": 1}, "nothing to check"),
        ({"format": 1, "tests": []}, '"tests", which is not known'),
        ({"format": 1, "test": {}}, r"write \[\[test\]\]"),
        ({"format": 1, "test": [{"sensitivty": "0.9"}]}, '"sensitivty", which is not known'),
        ({"format": 1, "test": [{"recall": "0.9", "sensitivity": "0.9"}]}, "are one thing"),
        ({"format": 1, "test": [{"positives": "80"}]}, "need a whole number"),
        ({"format": 1, "test": [{"positives": -1}]}, "need a whole number"),
        ({"format": 1, "test": [{"method": "wilsons"}]}, "known are wilson"),
        ({"format": 1, "test": [{"confidence": "1.5"}]}, "between 0 and 1"),
        ({"format": 1, "test": [{"f1": "0.9 (9/10)"}]}, "leave the counts out"),
        ({"format": 1, "test": [{"sensitivity": True}]}, "need a text as printed"),
        ({"format": 1, "sum": [{"parts": {"a": 1}}]}, "has no total"),
        ({"format": 1, "table": [{"columns": ["a", "b"], "rows": {"x": [1]}}]}, "need a list of 2"),
        ({"format": 1, "table": [{"columns": ["a"], "rows": {"x": [1]}, "share_of": "all"}]}, "known are column"),
        ({"format": 1, "classes": [{"class": {"a": {}}}]}, "need two or more"),
        ({"format": 1, "classes": [{"class": {"a": {}, "b": {}}, "confusion": [[1]]}]}, "2 times 2"),
    ],
)
def test_what_is_not_understood_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(CohortError, match=message):
        parse_document(table)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="cannot read"):
        read_document(tmp_path / "none.toml")
    for name, kind in (("a.toml", "TOML"), ("a.json", "JSON")):
        (tmp_path / name).write_text("{{{")
        with pytest.raises(CohortError, match=f"is not {kind}"):
            read_document(tmp_path / name)
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CohortError, match="UTF-8"):
        read_document(tmp_path / "b.toml")

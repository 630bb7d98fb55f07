"""Whole documents: the slips of the two papers are found, and none in sound papers' tables."""

from pathlib import Path

import pytest

from pleura.evaluation.consistency.check import check_document, check_table
from pleura.evaluation.consistency.document import read_document
from pleura.evaluation.consistency.finding import Level

HERE = Path(__file__).parent
PUBLISHED = sorted((HERE / "published").glob("*.toml"))


def _found(name: str) -> dict[tuple[str, str], Level]:
    findings = check_document(read_document(HERE / "papers" / name))
    return {(one.where, one.rule): one.level for one in findings}


def test_covidet() -> None:
    accuracy = "accuracy lies between sensitivity and specificity"
    interval = "an interval holds its estimate"
    assert _found("covidet.toml") == {
        ("DL1", accuracy): Level.CONTRADICTION,
        ("DL2", "a mean F1 over runs is at most the harmonic mean of the mean PPV and the mean sensitivity"): (
            Level.CONTRADICTION
        ),
        ("DL2", accuracy): Level.CONTRADICTION,
        ("federated, stepwise", accuracy): Level.CONTRADICTION,
        ("federated, stepwise", interval): Level.CONTRADICTION,
        ("Dice", "one number is the same everywhere"): Level.CONTRADICTION,
    }


def test_ucadi() -> None:
    adds_up = "parts add up to their total"
    assert _found("ucadi.toml") == {
        ("studies of three hospitals", adds_up): Level.CONTRADICTION,
        ("test set, row covid-19", adds_up): Level.CONTRADICTION,
        # 97.5 % of 80 are 78; 97 % is 77.5 to 78 of them, the latter only as a tie that was rounded down.
        ("the same, said again", "no two-by-two table gives these together"): Level.NOTE,
    }


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_sound_tables_raise_nothing(path: Path) -> None:
    document = read_document(path)
    assert document.source
    findings = check_document(document)
    assert [one for one in findings if one.level is not Level.NOTE] == []


def test_the_set_of_sound_tables_is_large_enough_to_mean_something() -> None:
    documents = [read_document(path) for path in PUBLISHED]
    assert len(documents) >= 8
    assert sum(len(one.tests) for one in documents) >= 25


def test_a_sound_table_with_one_count_changed_is_caught(tmp_path: Path) -> None:
    """The set is not passed over in silence: a wrong digit in it is found."""
    path = HERE / "published" / "antigen-emergency-2021.toml"
    text = path.read_text(encoding="utf-8")
    for wrong in ("tp = 121", "fp = 19", "fn = 58", "tn = 793"):
        name = wrong[:2]
        changed = tmp_path / "changed.toml"
        changed.write_text(_replaced(text, name, wrong), encoding="utf-8")
        levels = {one.level for one in check_document(read_document(changed))}
        assert Level.CONTRADICTION in levels, wrong


def _replaced(text: str, name: str, wrong: str) -> str:
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(f"{name} ="))
    lines[first] = wrong
    return "\n".join(lines)


def test_findings_as_plain_values() -> None:
    document = read_document(HERE / "papers" / "ucadi.toml")
    table = check_table(document, check_document(document))
    assert table["counts"] == {"contradiction": 2, "unlikely": 0, "note": 1}
    assert table["findings"][0] == {
        "level": "contradiction",
        "rule": "parts add up to their total",
        "where": "studies of three hospitals",
        "reported": ["main 800", "optical-valley 227", "sino-french 241", "total 1276"],
        "expected": "Expected: a total of 1268. The parts have 8 too few.",
    }

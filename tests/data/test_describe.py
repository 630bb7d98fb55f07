"""A cohort of five studies, counted by hand."""

import csv
import io
import json
from pathlib import Path

import pytest

from pleura.data.cohort import Case, Cohort
from pleura.data.describe import Table, describe_cohort
from pleura.data.inspection import CaseFacts


def case(name: str, patient: str, label: str, severity: int, split: str, **more) -> Case:
    return Case(
        case=name,
        patient=patient,
        hospital=more.pop("hospital", "east"),
        label=label,
        severity=severity,
        split=split,
        study=Path("x"),
        lungs=None,
        lesions=None,
        **more,
    )


@pytest.fixture
def table() -> Table:
    cases = (
        case("a", "p1", "healthy", 0, "train", sex="F", age=30, thickness=1.25),
        case("b-d1", "p2", "covid-19", 1, "train", sex="M", age=40, course="relapse", hospital="west"),
        case("b-d9", "p2", "covid-19", 3, "train", sex="M", age=40, course="relapse", hospital="west"),
        case("c", "p3", "covid-19", 2, "test", age=17.5, scanner="Z"),
        case("d", "p4", "nodule", 1, "test", intensity="8-bit"),
    )
    facts = {
        "a": CaseFacts(case="a", slices=40, scanner="GE X", thickness=5.0),
        "b-d1": CaseFacts(case="b-d1", slices=50, scanner="GE X", thickness=5.0),
        "b-d9": CaseFacts(case="b-d9", slices=60, scanner="GE X", thickness=1.5),
        "c": CaseFacts(case="c", slices=70, scanner="GE X", sex="F", age=80),
        "d": CaseFacts(case="d"),
    }
    clinical = {
        "a": {"crp": "1", "cough": ""},
        "b-d1": {"crp": "", "cough": "1"},
        "b-d9": {"crp": "", "cough": "1"},
        "c": {"crp": "3", "cough": "0"},
    }
    cohort = Cohort(folder=Path("x"), name="two", generator="", seed=0, synthetic=True, description="", cases=cases)
    return describe_cohort(cohort, facts, clinical)


def values(table: Table, group: str) -> dict[str, tuple]:
    return {row.level: row.values for row in table.rows if row.group == group}


def test_everything_is_counted_as_by_hand(table: Table) -> None:
    assert table.columns == ("all", "train", "test", "healthy", "covid-19", "nodule")
    assert values(table, "patients")[""] == (4, 2, 2, 1, 2, 1)
    assert values(table, "studies")[""] == (5, 3, 2, 1, 3, 1)
    assert values(table, "slices")[""] == (220, 150, 70, 40, 180, 0)
    assert values(table, "sex") == {"F": (2, 1, 1, 1, 1, 0), "M": (1, 1, 0, 0, 1, 0), "unknown": (1, 0, 1, 0, 0, 1)}
    assert values(table, "age group") == {
        "0 to 17": (1, 0, 1, 0, 1, 0),
        "18 to 39": (1, 1, 0, 1, 0, 0),
        "40 to 59": (1, 1, 0, 0, 1, 0),
        "unknown": (1, 0, 1, 0, 0, 1),
    }
    assert values(table, "age")["median"] == (30, 35, 17.5, 30, 28.75, None)
    assert values(table, "class")["covid-19"] == (3, 2, 1, 0, 3, 0)
    assert values(table, "severity") == {
        "none": (1, 1, 0, 1, 0, 0),
        "I": (2, 1, 1, 0, 1, 1),
        "II": (1, 0, 1, 0, 1, 0),
        "III": (1, 1, 0, 0, 1, 0),
    }
    assert values(table, "hospital") == {"east": (3, 1, 2, 1, 1, 1), "west": (2, 2, 0, 0, 2, 0)}
    assert values(table, "scanner") == {
        "GE X": (3, 3, 0, 1, 2, 0),
        "Z": (1, 0, 1, 0, 1, 0),
        "unknown": (1, 0, 1, 0, 0, 1),
    }
    assert values(table, "slice thickness") == {
        "up to 1.5 mm": (2, 2, 0, 1, 1, 0),
        "over 3 to 6 mm": (1, 1, 0, 0, 1, 0),
        "unknown": (2, 0, 2, 0, 1, 1),
    }
    assert values(table, "course") == {"relapse": (2, 2, 0, 0, 2, 0), "none": (3, 1, 2, 1, 1, 1)}
    assert values(table, "intensity") == {"hu": (4, 3, 1, 1, 3, 0), "8-bit": (1, 0, 1, 0, 0, 1)}
    assert values(table, "unreadable")["yes"] == (1, 0, 1, 0, 0, 1)
    missing = values(table, "clinical data missing")
    assert missing["crp"] == (3 / 5, 2 / 3, 1 / 2, 0, 2 / 3, 1)
    assert missing["cough"] == (2 / 5, 1 / 3, 1 / 2, 1, 0, 1)


def test_levels_of_a_group_add_up_to_its_unit(table: Table) -> None:
    for group in (
        "sex",
        "age group",
        "class",
        "severity",
        "hospital",
        "scanner",
        "slice thickness",
        "intensity",
        "course",
    ):
        rows = [row for row in table.rows if row.group == group]
        whole = values(table, rows[0].unit)[""]
        assert tuple(map(sum, zip(*(row.values for row in rows), strict=True))) == whole


def test_it_is_written_as_csv_json_markdown_and_text(table: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    male = next(row for row in rows if (row["group"], row["level"]) == ("sex", "M"))
    assert (male["unit"], male["all"], male["covid-19"], male["nodule"]) == ("patients", "1", "1", "0")
    assert next(row for row in rows if row["level"] == "median")["nodule"] == ""
    read = json.loads(table.as_json())
    assert (read["columns"][0], read["rows"][0]["values"][0], read["synthetic"]) == ("all", 4, True)
    markdown = table.as_markdown()
    assert "| sex (patients) |" in markdown
    assert "|   F | 2 (50 %) | 1 (50 %) | 1 (50 %) | 1 (100 %) | 1 (50 %) | 0 (0 %) |" in markdown
    assert "|   crp | 60 % | 67 % | 50 % | 0 % | 67 % | 100 % |" in markdown
    assert "Nothing in this cohort comes from a patient." in markdown
    text = table.as_text().splitlines()
    assert len({len(line) for line in text}) == 1
    assert text[1].split() == ["patients", "4", "2", "2", "1", "2", "1"]

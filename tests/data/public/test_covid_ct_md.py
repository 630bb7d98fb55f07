from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.public.published import chest, make_covid_ct_md
from pleura.data.cohort import read_cohort
from pleura.data.inspection import inspect_cases
from pleura.data.public.choices import Choices
from pleura.errors import CohortError
from pleura.imaging.study import load_study


def test_series_come_over_whole_and_in_their_places(tmp_path: Path, bring: Callable) -> None:
    subjects = {"COVID-19 subjects/P001": 1, "Cap subjects/cap001": 2, "Normal Cases/normal001": 3}
    source = make_covid_ct_md(tmp_path / "source", subjects)
    (source / "COVID-19 subjects" / "P001" / ".DS_Store").write_bytes(b"x")
    (source / "Normal Cases" / "normal002").mkdir()
    out, rows, reasons, _ = bring("covid-ct-md", source, Choices(labels={"CAP": "bacterial"}))
    assert reasons == {"Normal Cases/normal002": "no file in it"}
    assert {row["patient"]: row["label"] for row in rows} == {
        "P001": "covid-19",
        "cap001": "bacterial",
        "normal001": "healthy",
    }
    row = next(row for row in rows if row["patient"] == "P001")
    np.testing.assert_array_equal(load_study(out / row["study"])[0].hu, chest(1)[0].hu)
    assert len(list((out / row["study"]).iterdir())) == 48
    facts = inspect_cases(read_cohort(out, classes=()).cases, voxels=False)
    assert {(fact.sex, fact.age) for fact in facts.values()} == {("M", 52.0)}


def test_a_series_with_a_slice_missing_is_left_out(tmp_path: Path, bring: Callable) -> None:
    source = make_covid_ct_md(tmp_path / "source", {"COVID-19 subjects/P001": 1, "Normal subjects/normal001": 3})
    next((source / "COVID-19 subjects" / "P001").glob("*_20.dcm")).unlink()
    out, rows, reasons, _ = bring("covid-ct-md", source)
    assert [row["patient"] for row in rows] == ["normal001"]
    assert "P001" in reasons["COVID-19 subjects/P001"]
    assert len(list((out / "studies").iterdir())) == 1


def test_pneumonias_without_a_cause_are_asked_about(tmp_path: Path, bring: Callable) -> None:
    source = make_covid_ct_md(tmp_path / "source", {"CAP subjects/cap001": 2})
    with pytest.raises(CohortError, match="class CAP, and the cause of the community acquired pneumonias is not said"):
        bring("covid-ct-md", source)
    with pytest.raises(CohortError, match="has no folder like COVID-19 subjects"):
        bring("covid-ct-md", source / "CAP subjects")

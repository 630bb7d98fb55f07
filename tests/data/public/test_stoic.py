from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.public.published import chest, make_stoic
from pleura.data.public.choices import Choices
from pleura.errors import CohortError
from pleura.imaging.study import load_study


def test_answers_sex_and_age_come_over(tmp_path: Path, bring: Callable) -> None:
    source = make_stoic(tmp_path / "stoic", [("7", "1", "0"), ("12", "1", "1"), ("100", "0", "0")])
    out, rows, reasons, _ = bring("stoic2021", source, Choices(labels={"negative": "leave-out"}))
    assert reasons == {"100": "class negative was not wanted"}
    assert [
        (row["patient"], row["label"], row["outcome"], row["severity"], row["sex"], row["age"]) for row in rows
    ] == [
        ("7", "covid-19", "not severe", "0", "F", "65"),
        ("12", "covid-19", "severe", "0", "F", "65"),
    ]
    volume, _ = load_study(out / rows[0]["study"])
    np.testing.assert_array_equal(volume.hu, chest(0)[0].hu)
    np.testing.assert_allclose(volume.affine, chest(0)[0].affine, atol=1e-4)


def test_table_and_files_are_held_against_each_other(tmp_path: Path, bring: Callable) -> None:
    source = make_stoic(tmp_path / "stoic", [("1", "1", "0"), ("2", "1", "0"), ("3", "maybe", "0"), ("4", "1", "1")])
    (source / "data" / "mha" / "2.mha").unlink()
    table = source / "metadata" / "reference.csv"
    table.write_text(table.read_text().replace("4,1,1\n", "") + "1,1,1\n")
    _, rows, reasons, _ = bring("stoic2021", source)
    assert [row["patient"] for row in rows] == ["1"]
    assert reasons["2"] == "no file 2.mha, or the table names it twice"
    assert reasons["1"] == "no file 1.mha, or the table names it twice"
    assert reasons["3"] == 'probCOVID is "maybe", probSevere "0"; each is 0 or 1'
    assert reasons["4.mha"] == "not in metadata/reference.csv"


def test_a_negative_test_is_no_label(tmp_path: Path, bring: Callable) -> None:
    source = make_stoic(tmp_path / "stoic", [("1", "0", "0")])
    with pytest.raises(CohortError, match="does not say what else the patient had"):
        bring("stoic2021", source)
    (source / "metadata" / "reference.csv").write_text("PatientID,probCOVID\n1,0\n")
    with pytest.raises(CohortError, match="has no column probSevere"):
        bring("stoic2021", source)

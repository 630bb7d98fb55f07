from pathlib import Path

import numpy as np
import pytest

from pleura.data.clinical_table.read import read_table
from pleura.data.clinical_table.schema import find_schema
from pleura.errors import CohortError, RecipeError
from pleura.training.clinical.cases import gather, read_ct_scores, read_labels
from training.clinical.small import NAMES, small_cases

SCHEMA = find_schema("synthetic").only(["age_years", "cough"])


def test_table_truth_and_ct_are_matched_by_case(tmp_path: Path) -> None:
    rows = [f"c{n},{20 + n},{n % 2}\n" for n in range(30)]
    (tmp_path / "clinical.csv").write_text("case,age,cough\n" + "".join(rows))
    table = read_table(tmp_path / "clinical.csv", SCHEMA)
    labels = {
        f"c{n}": ("covid-19", "other-viral", "healthy")[0 if n < 12 else 1 if n < 25 else 2] for n in range(29, -1, -1)
    }
    labels["elsewhere"] = "covid-19"
    ct = {f"c{n}": n / 100 for n in range(24)}
    cases = gather(table, labels, ct=ct, **NAMES)
    assert cases.table.cases == tuple(f"c{n}" for n in range(25))
    assert cases.positive.tolist() == [True] * 12 + [False] * 13
    assert cases.ct is not None
    np.testing.assert_array_equal(cases.ct, [*(n / 100 for n in range(24)), np.nan])
    assert cases.with_ct.sum() == 24
    assert cases.patients == cases.table.cases
    assert [note.split(" ")[0] for note in cases.notes] == ["5", "1", "1"]
    with pytest.raises(CohortError, match="9 patients of covid-19 with a CT score; need 10"):
        gather(table, labels, ct={f"c{n}": 0.5 for n in range(3, 25)}, **NAMES)
    with pytest.raises(CohortError, match="0 patients of flu"):
        gather(table, labels, positive="flu", negative="covid-19")


def test_two_cases_of_one_patient_are_one_patient(drawn: Path) -> None:
    cases = small_cases(drawn)
    assert len(cases.positive) == 72
    assert len(set(cases.patients)) == 66


def test_a_feature_that_hardly_anybody_has_is_left_out_and_named(tmp_path: Path) -> None:
    rows = [f"c{n},{20 + n},{'yes' if n < 9 else ''}\n" for n in range(30)]
    (tmp_path / "clinical.csv").write_text("case,age,cough\n" + "".join(rows))
    labels = {f"c{n}": "covid-19" if n % 2 else "other-viral" for n in range(30)}
    table = read_table(tmp_path / "clinical.csv", SCHEMA)
    cases = gather(table, labels, **NAMES)
    assert cases.table.schema.names == ("age_years",)
    assert cases.notes == ("Fewer than 10 of the cases have cough: left out.",)
    with pytest.raises(RecipeError, match="one feature or more"):
        gather(table.only(["cough"]), labels, **NAMES)


def test_ct_scores_are_given_that_it_is_one_of_the_two(tmp_path: Path) -> None:
    path = tmp_path / "ct.csv"
    path.write_text("case,truth,healthy,other-viral,covid-19\na,covid-19,0.5,0.1,0.4\nb,healthy,1,0,0\n")
    labels = {"a": "covid-19", "b": "healthy"}
    assert read_ct_scores(path, labels, **NAMES) == pytest.approx({"a": 0.8})
    with pytest.raises(CohortError, match="case a is covid-19 here and other-viral by the truth"):
        read_ct_scores(path, {"a": "other-viral"}, **NAMES)
    with pytest.raises(CohortError, match="need flu and covid-19"):
        read_ct_scores(path, labels, positive="covid-19", negative="flu")
    path.write_text("case,truth,healthy,other-viral,covid-19\na,covid-19,1,0,0\n")
    with pytest.raises(CohortError, match="a probability of 0 for both"):
        read_ct_scores(path, labels, **NAMES)
    path.write_text("case,truth,score\na,1,0.8\nb,0,0.3\n")
    assert read_ct_scores(path, {"a": "covid-19", "b": "other-viral"}, **NAMES) == pytest.approx({"a": 0.8, "b": 0.3})


def test_labels_come_from_truth_or_label(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    for column in ("truth", "label"):
        path.write_text(f"case,{column}\na,flu\n")
        assert read_labels(path) == {"a": "flu"}
    path.write_text("case,diagnosis\na,flu\n")
    with pytest.raises(CohortError, match="no column truth or label"):
        read_labels(path)

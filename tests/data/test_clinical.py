import pytest

from pleura.data.clinical import read_clinical
from pleura.errors import CohortError


def test_cells_are_read_by_case_without_the_names(tmp_path) -> None:
    (tmp_path / "clinical.csv").write_text(
        "case,patient,age_years,sex,crp_mg_per_l,cough\na,p,50,F,4.5, 1\nb,q,60,M,,0\n"
    )
    assert read_clinical(tmp_path) == {
        "a": {"crp_mg_per_l": "4.5", "cough": "1"},
        "b": {"crp_mg_per_l": "", "cough": "0"},
    }


def test_a_cohort_may_have_no_clinical_data(tmp_path) -> None:
    assert read_clinical(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient,crp\np,1\n", "no column case"),
        ("case,crp\na,1\na,2\n", "line 3: case a has a row already"),
        ("case,crp\na,1,2\n", "line 2: not as many fields"),
        ('case,crp\na,"1\n', "cannot read"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path, text, said) -> None:
    (tmp_path / "clinical.csv").write_text(text)
    with pytest.raises(CohortError, match=said):
        read_clinical(tmp_path)

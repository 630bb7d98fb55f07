from math import isnan

import pytest

from pleura.data.clinical_table.cells import cell_value, header_column
from pleura.data.clinical_table.schema import find_schema
from pleura.errors import CohortError

SCHEMA = find_schema("synthetic")


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("crp_mg_per_l", "12", 12.0),
        ("CRP [mg/dL]", "1.2", 12.0),
        ("temperature [°F]", "100.4", 38.0),
        ("temperature_c[°C]", "38", 38.0),
        ("haemoglobin [g/dL]", "14.6", 146.0),
        ("wbc [/uL]", "7300", 7.3),
        ("creatinine [mg/dL]", "1", 88.4),  # molar mass 113.12 g/mol
        ("ldh [ukat/L]", "4", 240.0),
        ("spo2 [1]", "0.93", 93.0),
        ("age [months]", "18", 1.5),
        ("cough", "Yes", 1.0),
        ("cough", "0", 0.0),
        ("gender", "male", 1.0),
        ("sex", "F", 0.0),
    ],
)
def test_a_cell_becomes_a_number_in_the_features_unit(header: str, cell: str, value: float) -> None:
    column = header_column(header, SCHEMA)
    assert column is not None
    assert cell_value(cell, column, SCHEMA.missing) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("cell", ["", "  ", "NA", "n/a", "-"])
def test_what_was_not_measured_is_nan(cell: str) -> None:
    column = header_column("crp", SCHEMA)
    assert column is not None
    assert isnan(cell_value(cell, column, SCHEMA.missing))


@pytest.mark.parametrize(
    ("header", "cell", "said"),
    [
        ("temperature", "100.4", r'temperature_c = "100.4" °C; need a number from 30 to 45 °C'),
        ("crp [mg/dL]", "900", r'crp_mg_per_l = "900" mg/dL \(9000 mg/L\); need a number from 0 to 1000 mg/L'),
        ("haemoglobin", "14.6", r"need a number from 20 to 260 g/L: correct the value or its unit"),
        ("crp", "high", r'crp_mg_per_l = "high" mg/L; need a number'),
        ("crp", "inf", r"need a number"),
        ("crp", "nan", r"need a number"),
        ("cough", "2", r'cough = "2"; need yes or no, or nothing'),
        ("sex", "X", r"need one of F, M"),
    ],
)
def test_what_no_person_can_have_is_refused_with_what_was_expected(header: str, cell: str, said: str) -> None:
    column = header_column(header, SCHEMA)
    assert column is not None
    with pytest.raises(CohortError, match=said):
        cell_value(cell, column, SCHEMA.missing)


def test_an_unknown_header_is_none_and_an_unknown_unit_is_refused() -> None:
    assert header_column("ferritin", SCHEMA) is None
    with pytest.raises(CohortError, match="crp_mg_per_l is not known in g/L; its units are mg/L, mg/dL"):
        header_column("crp [g/L]", SCHEMA)
    with pytest.raises(CohortError, match="its units are none"):
        header_column("cough [%]", SCHEMA)

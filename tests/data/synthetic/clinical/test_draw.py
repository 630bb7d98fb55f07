"""The table that is drawn from is the oracle: quartiles, shares and rank correlations must come out again."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from pleura.data.synthetic.clinical import distributions as module
from pleura.data.synthetic.clinical.distributions import distributions
from pleura.data.synthetic.clinical.draw import columns_of, draw_clinical, extent_score, missing_values
from pleura.data.synthetic.findings.amount import draw_burden

TABLE = tomllib.loads(Path(module.__file__).with_name("distributions.toml").read_text())
GROUPS = [
    ("healthy", 0),
    *(
        (label, severity)
        for label in ("covid-19", "other-viral", "bacterial", "tuberculosis")
        for severity in (1, 2, 3)
    ),
]
DRAWS = 700


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[str, int], dict[str, np.ndarray]]:
    """Values by class and severity, of men and women of average age in turn."""
    result = {}
    for number, (label, severity) in enumerate(GROUPS):
        rows = [
            draw_clinical(
                seed=1000 * number + n, label=label, level=severity, score=None, age=57, sex="FM"[n % 2], day=0
            )
            for n in range(DRAWS)
        ]
        result[label, severity] = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return result


@pytest.mark.parametrize("name", [name for name in TABLE["values"] if name != "other_leucocytes"])
def test_quartiles_come_out_as_the_table_has_them(drawn, name) -> None:
    entry = TABLE["values"][name]
    seen = 0
    for label, severity, q1, median, q3, _ in entry["quartiles"]:
        values = drawn[label, severity][name]
        spread = max(abs(q3 - q1), 2 * 10.0 ** -entry["decimals"], 0.1 * abs(median))
        assert np.median(values) == pytest.approx(median, abs=0.2 * spread), (label, severity)
        assert np.subtract(*np.percentile(values, [75, 25])) < 2.0 * spread, (label, severity)
        assert entry["low"] <= values.min() <= values.max() <= entry["high"]
        seen += 1
    assert seen >= 5


@pytest.mark.parametrize("name", list(TABLE["symptoms"]))
def test_symptoms_are_as_frequent_as_the_table_has_them(drawn, name) -> None:
    for label, severity, share, _ in TABLE["symptoms"][name]["shares"]:
        values = drawn[label, severity][name]
        assert set(values) <= {0, 1}
        assert values.mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / DRAWS))


def test_what_goes_together_in_the_table_does_so_in_the_draw(drawn) -> None:
    values = drawn["covid-19", 2]
    for first, second, rank, _ in TABLE["correlations"]["pairs"]:
        if first in ("extent", "age") or "other_leucocytes" in (first, second):
            continue
        if first in TABLE["symptoms"] or second in TABLE["symptoms"]:
            continue
        sign = -1 if "spo2" in (first, second) else 1  # the table means the lack of it
        got = sign * spearmanr(values[first], values[second]).statistic
        limit = 0.25 if "procalcitonin" in (first, second) else 0.14  # rounded to 0.01, it has many ties here
        assert got == pytest.approx(rank, abs=limit), (first, second)


def test_a_larger_extent_and_a_higher_age_show_in_the_values() -> None:
    g = np.random.default_rng(4)
    scores, ages = g.normal(size=DRAWS), g.uniform(25, 89, DRAWS)
    rows = [
        draw_clinical(seed=n, label="covid-19", level=2, score=s, age=a, sex="F", day=0)
        for n, (s, a) in enumerate(zip(scores, ages, strict=True))
    ]

    def rank(name: str, against: np.ndarray) -> float:
        return float(spearmanr([row[name] for row in rows], against).statistic)

    for name, expected in (("crp", 0.489), ("ldh", 0.445), ("lymphocytes", -0.331), ("spo2", -0.5)):
        assert rank(name, scores) == pytest.approx(expected, abs=0.13)
    assert rank("d_dimer", ages) == pytest.approx(0.3, abs=0.13)


def test_severe_disease_is_worse_on_average(drawn) -> None:
    for name, sign in (("crp", 1), ("ldh", 1), ("d_dimer", 1), ("lymphocytes", -1), ("spo2", -1)):
        medians = [sign * np.median(drawn["covid-19", severity][name]) for severity in (1, 2, 3)]
        assert medians[0] < medians[1] < medians[2], name


def test_white_cells_are_the_sum_of_their_parts(drawn) -> None:
    values = drawn["bacterial", 2]
    rest = values["wbc"] - values["neutrophils"] - values["lymphocytes"]
    assert (rest > 0.04).all()
    assert (rest < 3.01).all()


def test_creatinine_and_haemoglobin_differ_by_sex(drawn) -> None:
    for name in ("creatinine", "haemoglobin"):
        values = drawn["healthy", 0][name]
        assert np.median(values[1::2]) > np.median(values[0::2])  # men, women


def test_a_patient_stays_the_same_from_day_to_day() -> None:
    def draw(seed: int, day: int) -> float:
        return draw_clinical(seed=seed, label="covid-19", level=2, score=0.0, age=57, sex="F", day=day)["creatinine"]

    first, later = ([draw(seed, day) for seed in range(DRAWS)] for day in (3, 20))
    assert spearmanr(first, later).statistic == pytest.approx(0.6, abs=0.1)
    assert draw(7, 3) == draw(7, 3)


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_the_score_is_standard_normal_over_what_the_findings_draw(severity: int) -> None:
    g = np.random.default_rng(severity)
    scores = [extent_score(draw_burden(g, severity), severity, 1.0) for _ in range(2000)]
    assert np.mean(scores) == pytest.approx(0, abs=0.12)
    assert np.std(scores) == pytest.approx(1, abs=0.15)
    assert extent_score(0.0, severity, 1.0) == 0.0
    assert extent_score(0.02, severity, 0.5) == extent_score(0.04, severity, 1.0)


def test_what_is_measured_together_is_missing_together_at_each_hospitals_own_rate() -> None:
    panels = TABLE["panels"]
    shares: dict[str, list[float]] = {name: [] for name in panels}
    for hospital in range(60):
        gaps = [
            missing_values(cohort_seed=1, hospital=f"h{hospital}", seed=n, level=1, day=0)
            for n in range(60 * hospital, 60 * hospital + 60)
        ]
        for name, panel in panels.items():
            lacking = [set(panel["values"]) & gap for gap in gaps]
            assert all(not values or values == set(panel["values"]) for values in lacking)
            shares[name].append(float(np.mean([bool(values) for values in lacking])))
    for name, panel in panels.items():
        measured = [share for share in shares[name] if share < 1]
        assert 1 - len(measured) / 60 == pytest.approx(panel["never"], abs=0.16)
        assert np.mean(measured) == pytest.approx((panel["low"] + panel["high"]) / 2, abs=0.08)
    assert np.std(shares["d_dimer"]) > 0.1


def test_the_ill_have_fewer_gaps_than_the_healthy() -> None:
    def gaps(level: float) -> int:
        draws = (missing_values(cohort_seed=1, hospital="a", seed=n, level=level, day=0) for n in range(400))
        return sum(len(gap) for gap in draws)

    assert gaps(3) < gaps(1) < gaps(0)


def test_only_what_was_measured_is_named_with_its_unit() -> None:
    drawn = {"crp": 4.0, "wbc": 6.0, "cough": 1, "ldh": 200.0}
    assert columns_of(drawn, {"ldh"}) == {"crp_mg_per_l": 4.0, "wbc_1e9_per_l": 6.0, "cough": 1}


def test_every_row_of_the_table_names_a_source() -> None:
    known = {"guess", *TABLE["sources"]}
    rows = [row for entry in TABLE["values"].values() for row in entry["quartiles"]]
    rows += [row for entry in TABLE["symptoms"].values() for row in entry["shares"]]
    rows += TABLE["correlations"]["pairs"]
    assert {row[-1] for row in rows} == known


def test_the_correlations_could_be_those_of_real_numbers() -> None:
    d = distributions()
    matrix = d.root @ d.root.T
    assert np.allclose(np.diag(matrix), 1.0)
    assert np.linalg.eigvalsh(matrix).min() > 0
    assert set(module.COLUMNS) == {
        "case",
        "patient",
        "age_years",
        "sex",
        "wbc_1e9_per_l",
        *TABLE["symptoms"],
        *(value.column for value in d.values.values() if value.column),
    }

from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.public.published import make_cc_ccii, make_mosmed
from pleura.cli.cohort import app
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, IntensityError

runner = CliRunner()


def test_an_import_ends_with_what_it_came_to_and_whom_to_cite(tmp_path: Path) -> None:
    source = make_mosmed(tmp_path / "COVID19_1110", {"CT-0": 2, "CT-1": 1})
    (source / "studies" / "CT-0" / "study_0002.nii.gz").write_bytes(b"")
    out = tmp_path / "moscow"
    result = runner.invoke(
        app, ["import", "mosmed", str(source), "--out", str(out), "--split", "test", "--workers", "1"]
    )
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"2 cases of 2 patients of MosMedData in {out}: train 0, validation 0, test 2"
    assert lines[1] == f"left out: 1; {out / 'left-out.csv'} says why"
    assert lines[-2] == "licence: CC BY-NC-ND 3.0; https://mosmed.ai/datasets/covid19_1110"
    assert lines[-1].startswith("cite: Morozov et al.")
    assert len(read_cohort(out, classes=()).split("test")) == 2


def test_options_reach_the_import(tmp_path: Path) -> None:
    source = make_cc_ccii(tmp_path / "source", {"NCP/1/1": 1, "CP/2/2": 2})
    options = ["--label", "CP=bacterial", "--window=-1250,250", "--extent", "384,288", "--split", "0,100,0"]
    options += ["--hospital", "Wuhan", "--workers", "1", "--out", str(tmp_path / "out")]
    result = runner.invoke(app, ["import", "cc-ccii", str(source), *options])
    assert result.exit_code == 0, result.output
    cases = read_cohort(tmp_path / "out", classes=()).cases
    assert {(case.hospital, case.label, case.split) for case in cases} == {
        ("Wuhan", "covid-19", "validation"),
        ("Wuhan", "bacterial", "validation"),
    }


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        (["--label", "CP"], CohortError, '--label "CP": need CLASS=LABEL'),
        (["--label", "CP=bacterial", "--label", "CP=healthy"], CohortError, "each class once"),
        (["--label", "CP=flu"], CohortError, 'class CP as "flu"'),
        (["--split", "half"], CohortError, "three per cents like 60,20,20"),
        (["--split", "60,20"], CohortError, "three per cents like 60,20,20"),
        (["--split", "60,20,30"], CohortError, "and 1 together"),
        (["--window", "lung"], CohortError, '--window "lung": need LOW,HIGH'),
        (["--window", "250,-1250"], IntensityError, "need LOW,HIGH in HU"),
        (["--window", "nan,250"], CohortError, '--window "nan,250": need LOW,HIGH'),
        (["--extent", "350"], CohortError, '--extent "350": need WIDTH,LENGTH'),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_made(
    tmp_path: Path, options: list[str], kind: type[Exception], said: str
) -> None:
    result = runner.invoke(app, ["import", "cc-ccii", str(tmp_path), "--out", str(tmp_path / "out"), *options])
    assert isinstance(result.exception, kind)
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_cohorts_are_joined(tmp_path: Path) -> None:
    for name, first in (("a", 1), ("b", 5)):
        source = make_mosmed(tmp_path / f"source-{name}", {"CT-0": 1}, start=first)
        made = ["import", "mosmed", str(source), "--out", str(tmp_path / name), "--workers", "1"]
        assert runner.invoke(app, made).exit_code == 0
    result = runner.invoke(app, ["join", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "both")])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"2 cases of 2 patients of 2 cohorts in {tmp_path / 'both'}\n"

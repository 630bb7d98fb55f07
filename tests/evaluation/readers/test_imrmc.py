"""iMRMC files written and read back, read as iMRMC's own test files are laid out, and refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import CohortError
from pleura.evaluation.readers.imrmc import is_imrmc, read_imrmc, write_imrmc
from pleura.evaluation.readers.readings import Readings
from pleura.evaluation.readers.tier_study import covidet_tiers, simulate_study


def test_what_is_written_is_read_back(van_dyke: Readings, tmp_path: Path) -> None:
    scores = van_dyke.scores.copy()
    scores[0, 0, 3] = 1 / 3
    write_imrmc(replace(van_dyke, scores=scores), tmp_path / "v.imrmc")
    found = read_imrmc(tmp_path / "v.imrmc")
    assert (found.conditions, found.readers, found.cases) == (van_dyke.conditions, van_dyke.readers, van_dyke.cases)
    np.testing.assert_array_equal(found.scores, scores)  # to the last digit
    np.testing.assert_array_equal(found.positive, van_dyke.positive)
    lines = (tmp_path / "v.imrmc").read_text().splitlines()
    assert lines[2:9] == ["NR: 5", "N0: 69", "N1: 45", "NM: 2", "", "BEGIN DATA:", "-1,1,0,0"]


def test_gaps_and_the_mark_of_simulation_survive(tmp_path: Path) -> None:
    drawn = simulate_study(covidet_tiers(), seed=1).of_readers(["SIMULATED senior 1", "SIMULATED DL2"])
    write_imrmc(drawn, tmp_path / "s.imrmc")
    found = read_imrmc(tmp_path / "s.imrmc")
    assert found.simulated
    np.testing.assert_array_equal(found.scores, drawn.scores)
    assert np.isnan(found.scores[0, 1]).all()


def test_a_file_laid_out_as_imrmcs_own(tmp_path: Path) -> None:
    """Free text, blanks around and within names, blank lines, counts with and without a blank."""
    text = """Simulated binary data
    n = the experiment size

    NR:2
    N0: 2
    N1: 1
    NM: 1

    BEGIN DATA:
    -1 , case1 , any , 0
    -1,case2,0,0

    -1,3,0,1
     reader 1 ,case1, modality 1 ,1.000000
    reader1,case2,modality1,0.5
    reader 1,3, modality1,2e0,
    2,3,modality 1,1
    """
    (tmp_path / "t.imrmc").write_text(text)
    found = read_imrmc(tmp_path / "t.imrmc")
    assert (found.readers, found.conditions, found.cases) == (
        ("reader 1", "2"),
        ("modality 1",),
        ("case1", "case2", "3"),
    )
    np.testing.assert_array_equal(found.scores, [[[1, 0.5, 2], [np.nan, np.nan, 1]]])
    np.testing.assert_array_equal(found.positive, [False, False, True])
    assert not found.simulated


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A,x,CT,1", 'no line "BEGIN DATA:"'),
        ("BEGIN DATA:\n-1,x,0,1\n-1,y,0,0\nA,z,CT,1", "case z was read but has no truth"),
        ("BEGIN DATA:\n-1,x,0,1\n-1,x,0,1", "given once"),
        ("BEGIN DATA:\n-1,x,0,2", "must be 0 or 1"),
        ("BEGIN DATA:\n-1,x,0,1\n-1,y,0,0\nA,x,CT,1\nA,x,CT,1", "twice"),
        ("BEGIN DATA:\n-1,x,0,1\n-1,y,0,1\nA,x,CT,1", "2 of 2 cases"),
        ("BEGIN DATA:\n-1,x,0,1\n-1,y,0,0\nA,x,CT", "need reader, case, modality"),
        ("NR: 3\nBEGIN DATA:\n-1,x,0,1\n-1,y,0,0\nA,x,CT,1", "NR is 3 in its head and 1 in its data"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "t.imrmc").write_text(text)
    with pytest.raises(CohortError, match=message):
        read_imrmc(tmp_path / "t.imrmc")


def test_names_that_do_not_fit_are_refused(van_dyke: Readings, tmp_path: Path) -> None:
    named = van_dyke.of_readers(["1"])
    for wrong in ("Smith, J.", "-1"):
        with pytest.raises(CohortError, match="cannot hold the name"):
            write_imrmc(Readings(named.conditions, (wrong,), named.cases, named.positive, named.scores), tmp_path / "x")
    assert is_imrmc(tmp_path / "A.IMRMC")
    assert not is_imrmc(tmp_path / "a.csv")

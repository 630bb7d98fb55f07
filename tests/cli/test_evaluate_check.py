"""`pleura evaluate check` as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.errors import CohortError

runner = CliRunner()
PAPERS = Path(__file__).resolve().parents[1] / "evaluation" / "consistency"


def test_contradictions_are_printed_and_the_exit_code_is_1() -> None:
    done = runner.invoke(app, ["evaluate", "check", str(PAPERS / "papers" / "ucadi.toml")])
    assert done.exit_code == 1
    assert "reported  main 800; optical-valley 227; sino-french 241; total 1276" in done.stdout
    assert "2 contradiction, 0 unlikely, 1 note" in done.stdout


def test_json() -> None:
    done = runner.invoke(app, ["evaluate", "check", str(PAPERS / "papers" / "ucadi.toml"), "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["counts"]["contradiction"] == 2


def test_a_sound_table() -> None:
    done = runner.invoke(app, ["evaluate", "check", str(PAPERS / "published" / "co-rads-2020.toml")])
    assert done.exit_code == 0
    assert "nothing found that does not fit" in done.stdout


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="cannot read"):
        runner.invoke(app, ["evaluate", "check", str(tmp_path / "none.toml")], catch_exceptions=False)

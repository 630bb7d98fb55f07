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


PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "check-reported-numbers.md"


def _blocks(kind: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split(f"```{kind}\n")[1:]]


def test_the_how_to_page_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("paper.toml").write_text(_blocks("toml")[0], encoding="utf-8")
    outputs = []
    for command in _blocks("sh"):
        done = runner.invoke(app, command.split()[1:])
        assert done.exit_code == 1
        outputs.append(done.stdout)
    assert "accuracy 93.1 % (then 92.08 %)" in outputs[0]  # 78 + 143 of 240
    assert "a total of 1268" in outputs[0]
    assert json.loads(outputs[1])["counts"] == {"contradiction": 2, "unlikely": 0, "note": 0}


def test_the_other_parts_of_the_page_are_understood(tmp_path: Path) -> None:
    _, classes, table = _blocks("toml")
    others = "".join(
        f"[classes.class.{name}]\npositives = {number}\n" for name, number in (("b", 80), ("c", 20), ("d", 60))
    )
    for index, text in enumerate((classes + others, table)):
        path = tmp_path / f"{index}.toml"
        path.write_text("format = 1\n" + text, encoding="utf-8")
        done = runner.invoke(app, ["evaluate", "check", str(path)])
        assert done.exit_code == 0, done.output
        assert "nothing found" in done.stdout

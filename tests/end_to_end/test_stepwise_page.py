"""The how-to of the stepwise diagnosis as it is written, in one process: a cohort, two trainings, a judgement."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.diagnosis.stepwise_files import load_stepwise
from pleura.settings import parse_recipe

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "train-the-stepwise-diagnosis.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_page_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path / "models"))
    (recipe,) = _blocks("toml")
    Path("quick-dl1.toml").write_text(recipe)
    second = recipe.replace("quick-dl1", "quick-dl2").replace('task = "viral"', 'task = "covid"')
    Path("quick-dl2.toml").write_text(second)
    assert parse_recipe(second).task == "covid"
    commands = [line for block in _blocks("sh") for line in block.splitlines()]
    assert len(commands) == 4
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "pleura"
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
    kept = load_stepwise("judged", dl1="run1/quick-dl1", dl2="run2/quick-dl2")
    assert kept.name == "quick"
    assert kept.dl2.card.parent == kept.dl1.id
    table = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = {name.rstrip("/") for row in table for name in re.findall(r"`([^`]+)`", row)}
    assert named == {path.name for path in Path("judged").iterdir()}

"""The how-to of training a lesion segmenter as it is written: a cohort, a training, a judgement."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.errors import RecipeError
from pleura.models.files import load_segmenter

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "train-lesion-segmentation.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_page_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path / "home"))
    (recipe,) = _blocks("toml")
    Path("quick-lesions.toml").write_text(recipe)
    commands = [line for block in _blocks("sh") for line in block.splitlines()]
    assert len(commands) == 3
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "pleura"
        done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
    assert load_segmenter("run/quick-lesions").card.task == "lesions"
    table = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = {name.rstrip("/") for row in table for name in re.findall(r"`([^`]+)`", row)}
    assert named == {path.name for path in Path("run").iterdir()}
    again = ["train", "quick-lesions.toml", "--cohort", "cohort", "--out", "again", "--folds", "2"]
    with pytest.raises(RecipeError, match="--folds and a recipe for lesions do not go together"):
        CliRunner().invoke(app, again, catch_exceptions=False)

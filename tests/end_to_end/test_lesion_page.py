"""Every command and program of the page on measuring lesions is run in order; a network of fresh weights stands in."""

import csv
import re
import shlex
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.models.card import Card
from pleura.models.files import save_model
from pleura.models.registry import create_network
from pleura.models.segmenter import SEGMENTS, Segmenter
from pleura.settings import InputSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "measure-lesions.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def _stand_in(folder: Path) -> None:
    """A model of the shipped one's name, which hides it: the page's commands in seconds."""
    torch.manual_seed(1)
    arguments = {"classes": 2, "growth": 2, "stem": 4, "aspp": 4, "low_level": 2}
    card = Card(
        name="lesions-synthetic",
        architecture="deeplabv3plus-densenet121",
        arguments=arguments,
        classes=SEGMENTS["lesions"],
        input=InputSettings(size=32, slices=8, subsets=1, interval="every", field="lungs"),
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "nothing"},
        task="lesions",
        thresholds={"answer": 0.3},
    )
    save_model(create_network(card.architecture, Segmenter, **arguments), card, folder)


def test_commands_and_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path / "home"))
    _stand_in(tmp_path / "home" / "models" / "lesions-synthetic")
    commands = [line for block in _blocks("sh") for line in block.splitlines() if line.strip()]
    assert len(commands) == 6
    said = []
    commands[0] += " --workers 1"  # two tiny cases are drawn sooner than a second process starts
    for command in commands:
        done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
        assert done.exit_code == 0, f"{command}\n{done.output}"
        said.append(done.output)
    assert "Synthetic training data" in said[1]
    assert "Synthetic training data" not in said[2]
    assert "2 cases of 2 patients, 2 with lesion" in said[5]
    with Path("lesions.csv").open() as file:
        model, *_ = rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for name in re.findall(
        r"`(\w+)`", "".join(line for line in PAGE.read_text().splitlines() if line.startswith("| `"))
    ):
        assert any(column.endswith(name) for column in model), name
    with Path("reader-1.csv").open() as file:
        (reader,) = csv.DictReader(file)
    (program,) = _blocks("python")
    capsys.readouterr()
    exec(compile(program, str(PAGE), "exec"), {"__name__": "page"})
    printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    lesion, lung = (float(reader[f"right_upper_third_{kind}_ml"]) for kind in ("lesion", "lung"))
    assert printed["right upper third"] == f"{lesion:.0f} of {lung:.0f} ml"

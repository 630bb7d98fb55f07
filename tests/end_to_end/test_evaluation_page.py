"""Every command of the page on evaluation is run in order, on a table of scores made for it."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pleura.cli.main import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "evaluate-a-classifier.md"
OF_THE_COHORT = ("pleura cohort", "pleura evaluate cohort", "pleura evaluate heat-maps")
CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")


def _commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def _run(command: str) -> str:
    done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    assert done.exit_code == 0, f"{command}\n{done.output}"
    return done.output


def _table(path: Path, classes: tuple[str, ...], rng: np.random.Generator) -> None:
    rows = [",".join(("case", "patient", "hospital", "truth", *classes))]
    for index in range(80):
        truth = index % len(classes)
        p = rng.dirichlet(np.ones(len(classes)))
        p[truth] += 0.5
        scores = ",".join(f"{value:.4f}" for value in p / p.sum())
        rows.append(f"c{index},p{index},{('north', 'east')[index % 3 % 2]},{classes[truth]},{scores}")
    path.write_text("\n".join(rows) + "\n")


def test_commands_from_the_table_of_scores_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.chdir(tmp_path)
    _table(Path("predictions.csv"), CLASSES, rng)
    _table(Path("severity.csv"), ("1", "2", "3"), rng)
    for fold in (1, 2):
        Path(f"fold-{fold}").mkdir()
        Path(f"fold-{fold}/log.csv").write_text("epoch,train_loss,validation_loss\n1,1.2,1.3\n2,0.9,\n3,0.7,1.0\n")
    commands = [one for one in _commands() if not one.startswith(OF_THE_COHORT)]
    assert len(commands) == 5
    said = [_run(command) for command in commands]
    assert "accuracy" in said[0]
    assert "SIMULATED" in said[1]
    assert "SIMULATED" in said[2]
    assert "SIMULATED" not in said[0]
    assert "quadratic-weighted kappa" in said[3]
    files = {"accuracy.json", "accuracy.csv", "roc.csv", "roc.png", "roc.svg", "confusion.png", "confusion.svg"}
    files |= {"methods.md", "checklists.md", "checklists.json"}
    assert {path.name for path in Path("results").iterdir()} == files
    assert {path.name for path in Path("results-with-readers").iterdir()} == files | {"readers.csv"}
    assert {path.name for path in Path("curves").iterdir()} == {"learning-curves.png", "learning-curves.svg"}
    written = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in written for name in files)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_commands_that_make_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, third = (one for one in _commands() if one.startswith(OF_THE_COHORT))
    _run(first)
    assert "sensitivity" in _run(second)
    assert "peak on a lesion" in _run(third)
    assert len(Path("heat-maps.csv").read_text().splitlines()) == 1 + 3
    _run("pleura evaluate accuracy predictions.csv --out results")

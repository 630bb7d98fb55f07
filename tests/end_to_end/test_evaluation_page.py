"""Every command of the pages on evaluation and on going live is run in order, on tables of scores made for them."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pleura.cli.main import app

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGE = HOW_TO / "evaluate-a-classifier.md"
GO_LIVE = HOW_TO / "go-live-at-a-hospital.md"
OF_THE_COHORT = ("pleura cohort", "pleura evaluate cohort", "pleura evaluate heat-maps")
CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")


def _commands(page: Path = PAGE) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def _run(command: str) -> str:
    done = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    assert done.exit_code == 0, f"{command}\n{done.output}"
    return done.output


def _table(
    path: Path,
    classes: tuple[str, ...],
    rng: np.random.Generator,
    *,
    first: int = 0,
    runs: int = 1,
    **more: tuple[str, ...],
) -> None:
    """Write 80 cases from number `first` on; each further column goes round its values, one a case."""
    rows = [",".join(("case", "patient", "hospital", "truth", *(["run"] if runs > 1 else []), *more, *classes))]
    for run in range(runs):
        for index in range(80):
            truth = index % len(classes)
            p = rng.dirichlet(np.ones(len(classes)))
            p[truth] += 0.5
            cells = [f"c{first + index}", f"p{first + index}", ("north", "east")[index % 3 % 2], classes[truth]]
            cells += [str(run + 1)] if runs > 1 else []
            cells += [values[index // 4 % len(values)] for values in more.values()]
            rows.append(",".join([*cells, *(f"{value:.4f}" for value in p / p.sum())]))
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
    for name in ("old.csv", "new.csv", "local.csv"):
        _table(Path(name), CLASSES, rng)
    _table(Path("development.csv"), CLASSES, rng, first=1000)
    _table(Path("all.csv"), CLASSES, rng, split=("validation", "test"))
    _table(Path("five-runs.csv"), CLASSES, rng, runs=5)
    pairs = (f"c{n},{100 + 10 * n},{104 + 10 * n + n % 3}" for n in range(20))
    Path("volumes.csv").write_text("\n".join(("case,program,reader", *pairs)) + "\n")
    said = {one: _run(one) for one in _commands() if not one.startswith(OF_THE_COHORT)}

    def of(beginning: str) -> str:
        return "".join(words for command, words in said.items() if command.startswith(f"pleura evaluate {beginning}"))

    assert "accuracy" in of("accuracy predictions.csv --out results")
    assert "SIMULATED" not in of("accuracy predictions.csv --out results")
    assert "SIMULATED" in of("simulate-readers")
    assert "SIMULATED" in of("accuracy predictions.csv --readers")
    assert "quadratic-weighted kappa" in of("accuracy severity.csv")
    assert "sensitivity" in of("accuracy new.csv --cut-off").rpartition("mean AUC")[2]
    assert "youden" in of("accuracy all.csv --split test").lower()
    assert "Brier" in of("accuracy predictions.csv --calibration")
    assert "McNemar" in of("compare")
    assert "bias         -4.95" in of("agreement"), "by hand: 4, 5 and 6 in turn, 7, 7 and 6 times"
    assert "runs" in of("runs")
    assert Path("recalibrated/recalibration.json").is_file()
    files = {"accuracy.json", "accuracy.csv", "roc.csv", "roc.png", "roc.svg", "confusion.png", "confusion.svg"}
    files |= {"forest.png", "forest.svg", "methods.md", "checklists.md", "checklists.json"}
    assert {path.name for path in Path("results").iterdir()} == files
    assert {path.name for path in Path("results-with-readers").iterdir()} == files | {"readers.csv"}
    assert {path.name for path in Path("curves").iterdir()} == {"learning-curves.png", "learning-curves.svg"}
    written = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in written for name in files)


def test_commands_of_the_page_on_going_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.chdir(tmp_path)
    _table(Path("local.csv"), CLASSES, rng, sex=("F", "M"), age=("34", "71"), scanner=("A", "B"), ood=("0", "0", "1"))
    _table(Path("later.csv"), CLASSES, rng, first=80, sex=("F", "M"), age=("34", "71"), scanner=("A",), ood=("0",))
    for command in _commands(GO_LIVE):
        _run(command)
    page = Path("go-live/site.html").read_text(encoding="utf-8")
    assert "General Hospital" in page
    assert "not a medical device" in page
    assert "Changed: " in Path("drift/drift.html").read_text(encoding="utf-8"), "all later cases are of scanner A"


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

"""`pleura train` and `pleura models` as a user runs them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors
import torch
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.errors import CohortError, ModelError, RecipeError
from pleura.models.files import load_model
from training import micro

runner = CliRunner()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort, a recipe, and what `pleura train` makes of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("train")
    micro.write_cohort(folder / "cohort")
    (folder / "micro.toml").write_text(micro.RECIPE)
    done = runner.invoke(app, _arguments(folder, "out"), catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(folder / "out" / "micro")
    assert "epoch 4: loss" in done.stderr
    torch.set_num_threads(before)
    return folder


def _arguments(folder: Path, out: str, *more: str) -> list[str]:
    given = {"--cohort": folder / "cohort", "--out": folder / out, "--cache": folder / "cache"}
    return ["train", str(folder / "micro.toml"), *(str(part) for pair in given.items() for part in pair), *more]


def test_the_model_can_be_listed_shown_and_verified(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLEURA_HOME", str(place / "home"))
    (place / "home").mkdir(exist_ok=True)
    if not (place / "home" / "models").exists():
        (place / "home" / "models").symlink_to(place / "out")
    model = load_model("micro")
    listed = runner.invoke(app, ["models", "list"])
    assert f"{model.id[:12]}  synthetic training data" in listed.stdout
    rows = json.loads(runner.invoke(app, ["models", "list", "--json"]).stdout)
    assert {"name": "micro", "id": model.id, "synthetic": True, "path": str(model.path)} in rows
    shown = runner.invoke(app, ["models", "show", "micro"]).stdout
    assert shown.startswith(f"# id {model.id}\n")
    assert (model.path / "model.toml").read_text() in shown
    as_json = json.loads(runner.invoke(app, ["models", "show", "micro", "--json"]).stdout)
    assert as_json["card"]["training"]["cases"] == 12
    verified = runner.invoke(app, ["models", "verify", "micro", "--id", model.id[:8]])
    assert verified.stdout == f"{model.id}  {model.path}\n"


@pytest.mark.parametrize("wrong", ["00000000", "abc"])
def test_another_id_is_refused(place: Path, wrong: str) -> None:
    done = runner.invoke(app, ["models", "verify", str(place / "out" / "micro"), "--id", wrong])
    assert isinstance(done.exception, ModelError)
    assert "has id" in str(done.exception)


def test_a_recipe_that_is_not_there_is_refused(place: Path) -> None:
    done = runner.invoke(app, ["train", "absent", "--cohort", str(place), "--out", str(place / "none")])
    assert isinstance(done.exception, RecipeError)
    assert not (place / "none").exists()


def test_a_model_to_begin_with_is_taken_by_path(place: Path) -> None:
    start = place / "out" / "micro"
    done = runner.invoke(app, _arguments(place, "second", "--from", str(start)), catch_exceptions=False)
    assert done.exit_code == 0
    assert load_model(place / "second" / "micro").card.parent == load_model(start).id


def test_only_the_named_hospitals_are_trained_on(place: Path, tmp_path: Path) -> None:
    micro.write_cohort(tmp_path / "cohort", cases=64)
    given = {"--cohort": tmp_path / "cohort", "--out": tmp_path / "out", "--cache": tmp_path / "cache"}
    arguments = ["train", str(place / "micro.toml"), *(str(part) for pair in given.items() for part in pair)]
    done = runner.invoke(app, [*arguments, "--hospitals", "west"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert load_model(tmp_path / "out" / "micro").card.training["hospitals"] == {"west": 32}
    refused = runner.invoke(app, [*arguments, "--hospitals", "west,north"])
    assert isinstance(refused.exception, CohortError)
    assert "no case of hospital north; there are east, west" in str(refused.exception)


def test_the_cross_validation_of_the_how_to_page(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "train-a-classifier.md"
    (command,) = [
        line for line in page.read_text().splitlines() if line.startswith("pleura train") and "--folds" in line
    ]
    micro.write_cohort(tmp_path / "cohort", cases=20)
    (tmp_path / "micro.toml").write_text(
        micro.RECIPE.replace("epochs = 4\n", "epochs = 1\n").replace("warmup_epochs = 1", "warmup_epochs = 0")
    )
    places = {"RECIPE": tmp_path / "micro.toml", "COHORT": tmp_path / "cohort", "RUN": tmp_path / "run"}
    given = [str(places.get(word, word)) for word in command.split()[1:]]
    done = runner.invoke(app, [*given, "--cache", str(tmp_path / "cache")], catch_exceptions=False)
    assert done.exit_code == 0
    assert "fold 5 of 5: epoch 1: loss" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == str(tmp_path / "run" / "cross_validation.json")
    table = json.loads(Path(lines[-1]).read_text())
    assert table["patients"] == 20
    assert table["test"] is None
    accuracy = next(row["mean"] for row in table["held_out"] if row["metric"] == "accuracy")
    assert next(line for line in lines if line.startswith("accuracy")).split()[1] == f"{accuracy:.3f}"
    named = set(re.findall(r"`([\w.-]+\.(?:csv|json|png))`", page.read_text())) - {"cases.csv", "test-predictions.csv"}
    assert named <= {path.name for path in (tmp_path / "run").rglob("*")} | {"test.csv"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_whole_checkpoint(place: Path, number: signal.Signals) -> None:
    folder = place / f"signal{number}"
    folder.mkdir()
    (folder / "cohort").symlink_to(place / "cohort")
    (folder / "cache").symlink_to(place / "cache")
    (folder / "micro.toml").write_text(micro.RECIPE.replace("epochs = 4\n", "epochs = 400\n"))
    process = subprocess.Popen(
        [sys.executable, "-c", "from pleura.cli.main import main; main()", *_arguments(folder, "out")],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # background jobs ignore it
    )
    checkpoint = folder / "out" / "checkpoint.safetensors"
    limit = time.monotonic() + 120
    while not (folder / "out" / "log.csv").exists() and time.monotonic() < limit:  # it follows the first checkpoint
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "go on with --resume" in said
    assert not (folder / "out" / "micro").exists()
    with safetensors.safe_open(checkpoint, framework="pt") as file:
        done = json.loads(file.metadata()["progress"])["epoch"]
    assert len((folder / "out" / "log.csv").read_text().splitlines()) in (done, 1 + done)  # the log follows


@pytest.mark.parametrize(
    ("recipe", "options", "named"),
    [
        ("cleaner", ("--folds", "3"), "--folds and a recipe for cleaner"),
        ("cleaner", ("--from", "ucadi-synthetic", "--pretrained", "w"), "--from, --pretrained and a recipe"),
        ("dl3", ("--resume",), "--resume and a recipe for clinical"),
        ("dl2", ("--ct-scores", "scores.csv"), "--ct-scores and a recipe for covid"),
        ("dl1", ("--folds", "3", "--pretrained", "w"), "--pretrained and --folds do not go together"),
        ("dl3", ("--ct-scores", "scores.csv"), "--ct-scores and --ct-model go together"),
    ],
)
def test_an_option_that_a_recipe_has_no_use_for_is_refused(
    place: Path, recipe: str, options: tuple[str, ...], named: str
) -> None:
    with pytest.raises(RecipeError, match=re.escape(named)):
        runner.invoke(
            app,
            ["train", recipe, "--cohort", str(place / "cohort"), "--out", str(place / "refused"), *options],
            catch_exceptions=False,
        )
    assert not (place / "refused").exists()

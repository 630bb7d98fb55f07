"""`pleura federation simulate` as a user runs it, with the paper's network on micro hospitals."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from federation import tiny
from pleura.cli.main import app
from pleura.errors import RecipeError
from pleura.federation.learning.settings import read_federation
from pleura.models.files import load_model
from training import micro

runner = CliRunner()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort of three hospitals and a recipe."""
    folder = tmp_path_factory.mktemp("federation")
    tiny.write_hospitals(folder / "cohort")
    text = micro.RECIPE.replace("size = 16", "size = 8\nslices = 8\nsubsets = 1")
    (folder / "micro.toml").write_text(text.replace("warmup_epochs = 1", "warmup_epochs = 0"))
    return folder


def _arguments(folder: Path, out: str, *more: str) -> list[str]:
    given = {"--cohort": folder / "cohort", "--out": folder / out, "--cache": folder / "cache"}
    words = [str(part) for pair in given.items() for part in pair]
    return ["federation", "simulate", str(folder / "micro.toml"), *words, *more]


def test_hospitals_train_together_under_the_ring_sum(place: Path) -> None:
    done = runner.invoke(app, _arguments(place, "ring", "--rounds", "1"), catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.strip() == str(place / "ring" / "micro")
    assert "round 0: 3 hospitals, log loss" in done.stderr
    assert load_model(place / "ring" / "micro").card.training["protection"] == "ring"
    settings = ["--settings", str(place / "ring" / "federation.toml"), "--protection", "plain", "--json"]
    plain = runner.invoke(app, _arguments(place, "plain", *settings), catch_exceptions=False)
    told = json.loads(plain.stdout)
    assert told["last"]["round"] == 1
    assert [model["path"] for model in told["models"]] == [str(place / "plain" / "micro")]
    assert told["models"][0]["id"] == load_model(place / "plain" / "micro").id
    weights = "micro/weights.safetensors"
    assert (place / "plain" / weights).read_bytes() == (place / "ring" / weights).read_bytes()


def test_options_go_before_the_settings_file(place: Path) -> None:
    (place / "federation.toml").write_text(
        'rounds = 9\n[local]\nunit = "steps"\namount = 5\noptimiser = "kept"\n'
        '[strategy]\nname = "fedavgm"\nmomentum = 0.5\n'
    )
    given = ["--settings", str(place / "federation.toml"), "--rounds", "1", "--local-epochs", "2", "--weights", "cases"]
    done = runner.invoke(app, _arguments(place, "options", *given, "--protection", "plain"), catch_exceptions=False)
    assert done.exit_code == 0
    settings = read_federation(place / "options" / "federation.toml")
    assert (settings.rounds, settings.weights.by) == (1, "cases")
    assert (settings.local.unit, settings.local.amount, settings.local.optimiser) == ("epochs", 2, "kept")
    assert (settings.strategy.name, settings.strategy.momentum) == ("fedavgm", 0.5)
    again = runner.invoke(app, _arguments(place, "options", *given, "--protection", "plain", "--resume"))
    assert "resumed after round 1 of 1" in again.stderr


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--strategy", "fedsgd", "known are fedavg, fedprox, fedavgm, fedadam, fedbn"),
        ("--weights", "votes", "known are equal, cases, dynamic"),
        ("--protection", "rot13", "known are ring, seal, masks, plain"),
    ],
)
def test_an_unknown_word_is_refused_with_the_known_ones(place: Path, option: str, value: str, said: str) -> None:
    done = runner.invoke(app, _arguments(place, "none", option, value))
    assert isinstance(done.exception, RecipeError)
    assert said in str(done.exception)
    assert not (place / "none").exists()


def test_help_has_an_example() -> None:
    done = runner.invoke(app, ["federation", "simulate", "--help"])
    assert done.exit_code == 0
    assert "Example: pleura federation simulate demo --cohort cohort" in done.stdout

"""Whole federations of micro hospitals: protected or not, stopped or not, they come to the same bytes, and learn."""

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from federation import tiny
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, ModelError, OutputError, RecipeError, TermsError
from pleura.evaluation.multiclass import accuracy, balanced_accuracy, confusion_matrix, log_loss
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.hospital import own_network, prepare_hospital
from pleura.federation.learning.settings import (
    FederationSettings,
    LocalSettings,
    ProtectionSettings,
    StrategySettings,
    WeightSettings,
    read_federation,
)
from pleura.federation.learning.state import load_state
from pleura.federation.simulation.simulate import Simulated, simulate
from pleura.models.files import load_model
from pleura.settings import parse_recipe, read_recipe
from pleura.training.assess import assess
from pleura.training.loop import score
from pleura.training.watcher import Silent
from training import micro

PLAIN = FederationSettings(rounds=3, protection=ProtectionSettings(backend="plain"))


class Stopper(Silent):
    """Interrupts when a task begins, or once a line is said."""

    def __init__(self, start: str) -> None:
        self.at = start
        self.lines: list[str] = []

    def start(self, task: str, total: int) -> None:
        self.say(task)

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.at and line.startswith(self.at):
            raise KeyboardInterrupt


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "rounds.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if not k.startswith("seconds")} for row in csv.DictReader(file)]


def bytes_of(out: Path) -> dict[str, str]:
    """Hash of every file that tells no times."""
    untimed = [
        path for path in sorted(out.rglob("*")) if path.is_file() and path.name not in ("rounds.csv", "progress.json")
    ]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in untimed}


@pytest.fixture(scope="module")
def whole(hospitals_cohort: Path, slices: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulated, Path]:
    out = tmp_path_factory.mktemp("whole") / "out"
    return simulate(tiny.recipe(), hospitals_cohort, out, PLAIN, cache_folder=slices), out


def test_a_run_leaves_its_settings_rounds_figure_and_model(whole: tuple[Simulated, Path]) -> None:
    done, out = whole
    names = [
        "federation.toml",
        "micro",
        "progress.json",
        "recipe.toml",
        "rounds",
        "rounds.csv",
        "rounds.png",
        "rounds.svg",
    ]
    assert sorted(path.name for path in out.iterdir()) == names
    assert read_recipe(out / "recipe.toml") == tiny.recipe()
    assert read_federation(out / "federation.toml") == PLAIN
    assert [row["round"] for row in rows_of(out)] == ["0", "1", "2", "3"]
    assert [path.name for path in (out / "rounds").iterdir()] == ["000003"]
    assert load_state(out / "rounds" / "000003" / "state.safetensors").digest == done.digest
    assert rows_of(out)[2]["model"] == done.digest
    with Image.open(out / "rounds.png") as picture:
        assert len(set(picture.convert("RGB").resize((200, 70)).get_flattened_data())) > 20


def test_the_card_says_synthetic_federated_and_simulated(whole: tuple[Simulated, Path]) -> None:
    (model,) = whole[0].models
    assert load_model(whole[1] / "micro").id == model.id
    card = model.card
    assert card.synthetic
    assert card.training["federated"]
    assert card.training["simulated"]
    assert card.training["summary"] == "18 synthetic cases of 3 hospitals, federated in a simulation"
    assert card.training["rounds"] == 3
    assert card.training["protection"] == "plain"
    assert sum(card.training["labels"].values()) == 18
    assert card.metrics["validation"]["cases"] == 6


def test_the_last_row_is_what_the_written_model_answers(
    whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path
) -> None:
    done = whole[0]
    answers = assess(done.models[0], read_cohort(hospitals_cohort), split="validation", cache_folder=slices)
    probabilities, truth = answers.probabilities, answers.truth
    assert done.pooled.confusion.tolist() == confusion_matrix(probabilities, truth).tolist()
    row = done.rows[-1]
    assert row["accuracy"] == pytest.approx(accuracy(probabilities, truth), abs=1e-6)
    assert row["balanced_accuracy"] == pytest.approx(balanced_accuracy(probabilities, truth), abs=1e-6)
    assert row["log_loss"] == pytest.approx(log_loss(probabilities, truth), abs=1e-3)


@pytest.mark.parametrize("backend", ["ring", "masks", "seal"])
def test_protection_changes_no_bit_of_the_model(
    backend: str, whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    if backend == "seal":
        pytest.importorskip("seal")
    settings = replace(PLAIN, protection=ProtectionSettings(backend=backend))
    done = simulate(tiny.recipe(), hospitals_cohort, tmp_path, settings, cache_folder=slices)
    assert done.digest == whole[0].digest
    weights = "micro/weights.safetensors"
    assert (tmp_path / weights).read_bytes() == (whole[1] / weights).read_bytes()
    changed = {"bytes_up", "bytes_down"}
    for protected, plain in zip(rows_of(tmp_path), rows_of(whole[1]), strict=True):
        assert {k: v for k, v in protected.items() if k not in changed} == {
            k: v for k, v in plain.items() if k not in changed
        }


def test_the_same_call_gives_the_same_bytes(
    whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    simulate(tiny.recipe(), read_cohort(hospitals_cohort), tmp_path, PLAIN, cache_folder=slices)
    assert bytes_of(tmp_path) == bytes_of(whole[1])
    assert rows_of(tmp_path) == rows_of(whole[1])


@pytest.mark.parametrize("at", ["round 1, north", "west: validation", "round 3:"])
def test_a_stopped_run_goes_on_to_the_same_bytes(
    at: str, whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        simulate(tiny.recipe(), hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, watcher=Stopper(at))
    listener = Stopper("")
    done = simulate(
        tiny.recipe(), hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, resume=True, watcher=listener
    )
    assert any(line.startswith("resumed after round") for line in listener.lines)
    assert done.digest == whole[0].digest
    assert bytes_of(tmp_path) == bytes_of(whole[1])
    assert rows_of(tmp_path) == rows_of(whole[1])


def test_what_stays_at_home_is_there_again_after_a_stop(hospitals_cohort: Path, slices: Path, tmp_path: Path) -> None:
    settings = replace(PLAIN, strategy=StrategySettings(name="fedbn"), local=LocalSettings(optimiser="kept"))
    once = simulate(tiny.recipe(), hospitals_cohort, tmp_path / "once", settings, cache_folder=slices)
    with pytest.raises(KeyboardInterrupt):
        simulate(
            tiny.recipe(),
            hospitals_cohort,
            tmp_path / "twice",
            settings,
            cache_folder=slices,
            watcher=Stopper("round 2, w"),
        )
    twice = simulate(tiny.recipe(), hospitals_cohort, tmp_path / "twice", settings, cache_folder=slices, resume=True)
    assert twice.digest == once.digest
    assert [model.id for model in twice.models] == [model.id for model in once.models]
    assert [model.path.name for model in once.models] == ["micro-east", "micro-north", "micro-west"]
    assert len({model.id for model in once.models}) == 3
    east, north = (model.network.state_dict() for model in once.models[:2])
    assert east["line.bias"].equal(north["line.bias"])
    assert not east["norm.running_mean"].equal(north["norm.running_mean"])


@pytest.mark.parametrize(("strategy", "weights"), [("fedprox", "cases"), ("fedavgm", "dynamic"), ("fedadam", "equal")])
def test_every_strategy_and_weight_goes_through(
    strategy: str, weights: str, whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    settings = replace(PLAIN, rounds=2, strategy=StrategySettings(name=strategy), weights=WeightSettings(by=weights))
    done = simulate(tiny.recipe(), hospitals_cohort, tmp_path, settings, cache_folder=slices)
    assert done.digest != whole[0].digest
    state = load_state(tmp_path / "rounds" / "000002" / "state.safetensors")
    assert all(np.isfinite(array).all() for array in (*state.tensors.values(), *state.kept.values()))
    assert state.reach == {"equal": 1, "cases": 32}.get(weights, state.reach)  # 18 training cases
    assert done.models[0].card.training["strategy"] == strategy


def test_hospitals_with_one_label_each_learn_together_what_none_learns_alone(slices: Path, tmp_path: Path) -> None:
    cohort = read_cohort(tiny.write_hospitals(tmp_path / "cohort", cases=32, one_label_each=True))
    recipe, settings = tiny.recipe(2.0, norm=False), replace(PLAIN, rounds=16, local=LocalSettings(amount=2))
    together = simulate(recipe, cohort, tmp_path / "out", settings, cache_folder=slices)
    assert together.rows[0]["accuracy"] == 0.25
    assert together.pooled.accuracy is not None
    assert together.pooled.accuracy.value >= 0.5
    with pytest.raises(KeyboardInterrupt):
        simulate(recipe, cohort, tmp_path / "start", settings, cache_folder=slices, watcher=Stopper("has-bacterial: v"))
    start = load_state(tmp_path / "start" / "rounds" / "000000" / "state.safetensors")
    everywhere = prepare_hospital("all", recipe, cohort, cache_folder=slices)
    for name in sorted({case.hospital for case in cohort.cases}):
        hospital = prepare_hospital(name, recipe, cohort.of_hospitals([name]), cache_folder=slices)
        own = own_network(hospital, train_alone(hospital, start, settings), {})
        found = score(own, recipe.input, everywhere.cache, everywhere.validation_keys)  # type: ignore[arg-type]
        assert accuracy(found, everywhere.validation_labels) == 0.25


def test_own_norms_know_the_one_class_of_their_hospital(slices: Path, tmp_path: Path) -> None:
    """As the background page warns: right for every case of the own hospital, and nothing learned."""
    cohort = tiny.write_hospitals(tmp_path / "cohort", cases=16, one_label_each=True)
    settings = replace(PLAIN, strategy=StrategySettings(name="fedbn"))
    done = simulate(tiny.recipe(), cohort, tmp_path / "out", settings, cache_folder=slices)
    assert done.pooled.accuracy is not None
    assert done.pooled.accuracy.value == 1
    for model in done.models:
        answers = assess(model, read_cohort(cohort), split="validation", cache_folder=slices)
        assert len(set(answers.probabilities.argmax(axis=1))) == 1


def test_the_head_that_learns_from_lesion_masks_travels_and_is_not_in_the_model(slices: Path, tmp_path: Path) -> None:
    cohort = tiny.write_hospitals(tmp_path / "cohort", cases=12, masks=True)
    text = micro.RECIPE.replace("size = 16", "size = 8\nslices = 8\nsubsets = 1").replace(
        "warmup_epochs = 1", "warmup_epochs = 0"
    )
    recipe = parse_recipe(text.replace("[schedule]", "[loss]\nlesions = 1.0\n[schedule]"))
    done = simulate(recipe, cohort, tmp_path / "out", replace(PLAIN, rounds=1), cache_folder=slices)
    before = Agreement(recipe, PLAIN).begin(None).tensors
    after = load_state(tmp_path / "out" / "rounds" / "000001" / "state.safetensors").tensors
    for name in ("head.kinds.weight", "network.stem.weight", "network.norm.running_var"):
        assert not np.array_equal(before[name], after[name])
    weights = done.models[0].network.state_dict()
    assert not [name for name in weights if name.startswith("head")]
    half = after["network.stem.weight"].astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(weights["stem.weight"].numpy(), half)


def test_further_training_begins_with_a_model_s_weights(
    whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    parent = whole[0].models[0]
    settings = replace(PLAIN, rounds=1)
    done = simulate(
        tiny.recipe(1e-12), hospitals_cohort, tmp_path, settings, cache_folder=slices, start_from=parent.path
    )
    assert done.models[0].card.parent == parent.id
    assert done.rows[0]["log_loss"] == pytest.approx(whole[0].rows[-1]["log_loss"], abs=2e-3)


def test_runs_that_do_not_fit_are_refused(
    whole: tuple[Simulated, Path], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    recipe = tiny.recipe()
    with pytest.raises(OutputError, match="add --resume"):
        simulate(recipe, hospitals_cohort, whole[1], PLAIN, cache_folder=slices)
    with pytest.raises(RecipeError, match="is of another run"):
        simulate(recipe, hospitals_cohort, whole[1], replace(PLAIN, rounds=4), cache_folder=slices, resume=True)
    assert read_federation(whole[1] / "federation.toml") == PLAIN
    with pytest.raises(RecipeError, match="nothing to resume"):
        simulate(recipe, hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, resume=True)
    two = read_cohort(hospitals_cohort).of_hospitals(["east", "west"])
    with pytest.raises(TermsError, match="got 2"):
        simulate(recipe, two, tmp_path / "two", PLAIN, cache_folder=slices)
    assert not (tmp_path / "two").exists()
    cohort = read_cohort(hospitals_cohort)
    absent = replace(cohort, cases=tuple(case for case in cohort.cases if case.label != "healthy"))
    with pytest.raises(CohortError, match="no training case of class healthy"):
        simulate(recipe, absent, tmp_path / "absent", PLAIN, cache_folder=slices)


def test_a_damaged_round_is_refused(hospitals_cohort: Path, slices: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        simulate(tiny.recipe(), hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, watcher=Stopper("round 0,"))
    path = tmp_path / "rounds" / "000000" / "hospital-001.safetensors"
    path.write_bytes(b"short")
    with pytest.raises(ModelError, match="cannot read"):
        simulate(tiny.recipe(), hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, resume=True)
    (tmp_path / "progress.json").write_text(json.dumps({"run": 1, "more": 2}))
    with pytest.raises(RecipeError, match=r"progress\.json is damaged"):
        simulate(tiny.recipe(), hospitals_cohort, tmp_path, PLAIN, cache_folder=slices, resume=True)

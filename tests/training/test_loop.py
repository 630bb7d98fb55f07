"""A whole run on a micro cohort: it learns, it repeats, it stops and goes on, it says what it made."""

import csv
import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, ModelError, OutputError, RecipeError
from pleura.models.files import Model, load_model
from pleura.models.predict import predict
from pleura.models.toml_write import to_toml
from pleura.settings import CLASSES, GRADES, LossSettings, parse_recipe, read_recipe
from pleura.training.assess import assess
from pleura.training.loop import train
from pleura.training.watcher import Silent
from training import micro


class Stopper(Silent):
    """Interrupts at the n-th advance of a task, or once a line is said."""

    def __init__(self, *, task: str = "", after: int = 0, line: str = "") -> None:
        self.at, self.after, self.line = task, after, line
        self.task, self.done = "", 0
        self.lines: list[str] = []

    def start(self, task: str, total: int) -> None:
        self.task, self.done = task, 0

    def advance(self) -> None:
        self.done += 1
        if self.at and self.task.startswith(self.at) and self.done == self.after:
            raise KeyboardInterrupt

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self.line and line.startswith(self.line):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(micro_cohort: Path, micro_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    out = tmp_path_factory.mktemp("whole")
    return train(micro.recipe(), micro_cohort, out, cache_folder=micro_cache), out


def _tensors(out: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load((out / "checkpoint.safetensors").read_bytes())


def _log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_a_run_leaves_a_model_a_log_a_recipe_and_a_checkpoint(whole: tuple[Model, Path]) -> None:
    model, out = whole
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint.safetensors", "log.csv", "micro", "recipe.toml"]
    assert load_model(out / "micro").id == model.id
    assert read_recipe(out / "recipe.toml") == micro.recipe()
    assert [row["epoch"] for row in _log(out)] == ["1", "2", "3", "4"]
    assert all(0 <= float(row["validation_accuracy"]) <= 1 for row in _log(out))


def test_the_card_says_what_was_trained_on(whole: tuple[Model, Path]) -> None:
    card = whole[0].card
    assert card.classes == CLASSES
    assert card.input == micro.recipe().input
    assert card.synthetic
    assert card.training["cases"] == 12
    assert card.training["labels"] == dict.fromkeys(sorted(CLASSES), 3)
    assert card.training["hospitals"] == {"east": 4, "west": 8}
    assert (card.training["cohort"], card.training["generator"], card.training["cohort_seed"]) == (
        "micro",
        "chests 1",
        5,
    )
    assert card.metrics["validation"]["cases"] == 4
    assert card.metrics["validation"]["accuracy"] in (0, 0.25, 0.5, 0.75, 1)
    assert card.parent == ""


def test_the_same_seed_gives_the_same_run_bit_for_bit(
    whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    again = train(micro.recipe(), micro_cohort, tmp_path, cache_folder=micro_cache)
    assert again.id == whole[0].id
    assert _log(tmp_path) == _log(whole[1])
    other = dataclasses.replace(micro.recipe(), training=dataclasses.replace(micro.recipe().training, seed=4))
    assert train(other, micro_cohort, tmp_path / "other", cache_folder=micro_cache).id != again.id


@pytest.mark.parametrize(
    "stopper",
    [Stopper(line="epoch 2:"), Stopper(task="epoch 3", after=2), Stopper(task="validation", after=3)],
    ids=["between epochs", "within an epoch", "in validation"],
)
def test_a_stopped_run_goes_on_to_the_same_bits(
    stopper: Stopper, whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(micro.recipe(), micro_cohort, out, cache_folder=micro_cache, watcher=stopper)
    if not (out / "checkpoint.safetensors").exists():
        model = train(micro.recipe(), micro_cohort, out, cache_folder=micro_cache)
    else:
        listener = Stopper()
        model = train(micro.recipe(), micro_cohort, out, cache_folder=micro_cache, resume=True, watcher=listener)
        assert listener.lines[0] == "resumed after epoch 2 of 4"
    assert model.id == whole[0].id
    one, two = _tensors(out), _tensors(whole[1])
    assert one.keys() == two.keys()
    assert any(name.startswith("optimiser.momentum_buffer.") for name in one)
    for name, tensor in one.items():
        assert torch.equal(tensor, two[name]), name
    assert _log(out) == _log(whole[1])


@pytest.fixture(scope="module")
def masked_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro.write_cohort(tmp_path_factory.mktemp("masked") / "cohort", masks=True)


def test_a_run_with_lesions_leaves_a_plain_model_and_goes_on_to_the_same_bits(
    whole: tuple[Model, Path], masked_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    recipe = micro.recipe("[loss]\nlesions = 1.0\n")
    once = train(recipe, masked_cohort, tmp_path / "once", cache_folder=micro_cache)
    assert once.network.state_dict().keys() == whole[0].network.state_dict().keys()
    assert once.id != whole[0].id
    stopper = Stopper(line="epoch 2:")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, masked_cohort, tmp_path / "twice", cache_folder=micro_cache, watcher=stopper)
    twice = train(recipe, masked_cohort, tmp_path / "twice", cache_folder=micro_cache, resume=True)
    assert twice.id == once.id
    assert any(name.startswith("optimiser.momentum_buffer.head.") for name in _tensors(tmp_path / "twice"))


def test_lesions_without_masks_are_refused(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="has no lesion mask"):
        train(micro.recipe("[loss]\nlesions = 1.0\n"), micro_cohort, tmp_path, cache_folder=micro_cache)


def test_severity_is_learned_from_graded_covid_19_and_another_tasks_weights(
    whole: tuple[Model, Path], micro_cache: Path, tmp_path: Path
) -> None:
    cohort = micro.write_cohort(tmp_path / "cohort", cases=32)
    recipe = parse_recipe('task = "severity"\n' + micro.RECIPE + "[loss]\nordinal = 1.0\n")
    listener = Stopper()
    model = train(
        recipe, cohort, tmp_path / "out", cache_folder=micro_cache, start_from=whole[0].path, watcher=listener
    )
    assert listener.lines[0] == "8 of 32 cases are of the classes I, II, III"
    assert (model.card.task, model.card.classes, model.card.arguments["classes"]) == ("severity", GRADES, 3)
    assert model.card.training["labels"] == {"covid-19": 6}
    assert sum(model.card.training["severities"].values()) == 6
    assert model.card.parent == whole[0].id
    answers = assess(model, read_cohort(cohort), split="validation", cache_folder=micro_cache)
    assert answers.classes == GRADES
    assert [case.label for case in answers.cases] == ["covid-19"] * 2
    assert answers.truth.tolist() == [case.severity - 1 for case in answers.cases]


def test_a_cohort_as_read_trains_as_its_folder_does(
    whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    again = train(micro.recipe(), read_cohort(micro_cohort), tmp_path, cache_folder=micro_cache)
    assert again.id == whole[0].id


def test_it_learns(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe())).replace("epochs = 4", "epochs = 30")
    text = text.replace("every = 1", "every = 30")
    model = train(parse_recipe(text), micro_cohort, tmp_path, cache_folder=micro_cache)
    rows = _log(tmp_path)
    assert float(rows[-1]["train_loss"]) < 0.6 * float(rows[0]["train_loss"])
    assert model.card.metrics["validation"]["accuracy"] >= 0.75


def test_microbatches_and_bfloat16_change_the_numbers_little(
    whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe()))
    for old, new in (
        ("microbatch = 0", "microbatch = 2"),
        ('precision = "float32"', 'precision = "bfloat16"'),
    ):
        assert old in text
        train(parse_recipe(text.replace(old, new)), micro_cohort, tmp_path / new[:4], cache_folder=micro_cache)
        first, expected = float(_log(tmp_path / new[:4])[0]["train_loss"]), float(_log(whole[1])[0]["train_loss"])
        assert first != expected
        assert first == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("slices", [4, 8])
def test_slices_whose_gradients_torch_computes_wrongly_are_refused(
    micro_cohort: Path, micro_cache: Path, tmp_path: Path, slices: int
) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe())).replace('precision = "float32"', 'precision = "bfloat16"')
    recipe = parse_recipe(re.sub(r"^slices = \d+", f"slices = {slices}", text, flags=re.MULTILINE))
    assert recipe.input.slices == slices
    with pytest.raises(RecipeError, match=rf"input\.slices = {slices}.*take 12 or 16 slices"):
        train(recipe, micro_cohort, tmp_path, cache_folder=micro_cache)


def test_training_goes_on_from_another_models_weights(
    whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe())).replace("size = 16", "size = 20")
    text = text.replace("learning_rate = 0.05", "learning_rate = 1e-12")
    text = text.replace("epochs = 4\nwarmup_epochs = 1", "epochs = 1\nwarmup_epochs = 0")
    model = train(parse_recipe(text), micro_cohort, tmp_path, cache_folder=micro_cache, start_from=whole[1] / "micro")
    assert model.card.parent == whole[0].id
    assert model.card.input.size == 20
    before, after = whole[0].network.state_dict(), model.network.state_dict()
    assert torch.equal(before["stages.0.0.conv2.weight"], after["stages.0.0.conv2.weight"])
    assert not torch.equal(before["norm.running_mean"], after["norm.running_mean"])


def test_the_best_epochs_weights_are_kept_if_asked(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    recipe = micro.recipe('[validation]\nkeep = "best"\n')
    model = train(recipe, micro_cohort, tmp_path, cache_folder=micro_cache)
    losses = [float(row["validation_loss"]) for row in _log(tmp_path)]
    assert model.card.training["epochs"] == 1 + int(np.argmin(losses))
    # float16 weights move the loss a little
    assert model.card.metrics["validation"]["loss"] == pytest.approx(min(losses), abs=0.02)


def test_validation_every_other_epoch_and_always_at_the_end(
    micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    train(micro.recipe("[validation]\nevery = 3\n"), micro_cohort, tmp_path, cache_folder=micro_cache)
    assert [bool(row["validation_loss"]) for row in _log(tmp_path)] == [False, False, True, True]


def test_a_model_as_written_predicts(whole: tuple[Model, Path], rng: np.random.Generator) -> None:
    answer = predict(whole[0], rng.integers(-1200, 600, (20, 16, 16)).astype(np.int16), seed=0)
    assert answer.mean.sum() == pytest.approx(1)


def test_an_earlier_run_is_not_overwritten(whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path) -> None:
    with pytest.raises(OutputError, match="add --resume"):
        train(micro.recipe(), micro_cohort, whole[1], cache_folder=micro_cache)


def test_another_run_is_not_resumed(
    whole: tuple[Model, Path], micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes((whole[1] / "checkpoint.safetensors").read_bytes())
    with pytest.raises(RecipeError, match="is of another run"):
        train(micro.recipe("[validation]\nevery = 2\n"), micro_cohort, tmp_path, cache_folder=micro_cache, resume=True)


def test_nothing_is_not_resumed(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nothing to resume"):
        train(micro.recipe(), micro_cohort, tmp_path / "new", cache_folder=micro_cache, resume=True)


def test_what_does_not_fit_is_refused_before_any_work(
    whole: tuple[Model, Path], micro_cohort: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    text = to_toml(dataclasses.asdict(micro.recipe()))
    wide = parse_recipe(text.replace("growth = 4", "growth = 8"))
    with pytest.raises(RecipeError, match="the recipe asks for densenet3d"):
        train(wide, micro_cohort, tmp_path / "out", cache_folder=cache, start_from=whole[1] / "micro")
    unknown = dataclasses.replace(micro.recipe(), architecture="resnet")
    with pytest.raises(ModelError, match="unknown architecture"):
        train(unknown, micro_cohort, tmp_path / "out", cache_folder=cache)
    with pytest.raises(ModelError, match="device"):
        train(micro.recipe(), micro_cohort, tmp_path / "out", cache_folder=cache, device="tpu")
    with pytest.raises(CohortError, match=r"no cohort\.toml"):
        train(micro.recipe(), tmp_path / "nowhere", tmp_path / "out", cache_folder=cache)
    given = LossSettings(weighting="given", weights={"healthy": 1.0})
    with pytest.raises(RecipeError, match=r"loss\.weights are for \['healthy'\]"):
        train(dataclasses.replace(micro.recipe(), loss=given), micro_cohort, tmp_path / "out", cache_folder=cache)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        train(micro.recipe(), micro_cohort, tmp_path / "file" / "out", cache_folder=cache)
    assert not cache.exists()
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_not_finite_stops_the_run(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe())).replace("learning_rate = 0.05", "learning_rate = 1e30")
    with pytest.raises(RecipeError, match=r"lower optimiser\.learning_rate"):
        train(parse_recipe(text), micro_cohort, tmp_path, cache_folder=micro_cache)
    assert not (tmp_path / "micro").exists()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_trains_in_mixed_precision(micro_cohort: Path, micro_cache: Path, tmp_path: Path) -> None:
    text = to_toml(dataclasses.asdict(micro.recipe())).replace('precision = "float32"', 'precision = "bfloat16"')
    model = train(parse_recipe(text), micro_cohort, tmp_path, cache_folder=micro_cache, device="cuda")
    assert next(model.network.parameters()).device.type == "cpu"
    assert np.isfinite(float(_log(tmp_path)[-1]["train_loss"]))

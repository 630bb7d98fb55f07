"""A segmenter's whole run on a micro cohort: stopped and resumed to the same bits, judged as its card says."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from pleura.data.cohort import Cohort, read_cohort
from pleura.data.segmentation.stacks import StackCache
from pleura.errors import CohortError, OutputError, RecipeError
from pleura.models.files import SegmentationModel, load_segmenter
from pleura.training.segmentation.judge import best_cutoff, judge, overlap_scores
from pleura.training.segmentation.recipe import parse_segmenter_recipe
from pleura.training.segmentation.train import CUTOFFS, first_segmenter, train_segmenter
from pleura.training.watcher import Silent
from training import masked_micro


class StopAfterFirstEpoch(Silent):
    def say(self, line: str) -> None:
        if line.startswith("epoch 1:"):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return masked_micro.write_cohort(tmp_path_factory.mktemp("segmentation") / "cohort")


@pytest.fixture(scope="module")
def whole(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[SegmentationModel, Path]:
    out = tmp_path_factory.mktemp("whole")
    return train_segmenter(masked_micro.recipe(), cohort, out, cache_folder=out / "cache"), out


def _log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_the_card_says_what_it_is_and_how_it_was_judged(whole: tuple[SegmentationModel, Path], cohort: Path) -> None:
    recipe, (model, out) = masked_micro.recipe(), whole
    card = load_segmenter(out / "micro-lesions").card
    assert (card.task, card.classes, card.arguments["classes"]) == ("lesions", ("none", "lesion"), 2)
    assert (card.training["cases"], card.training["slices"], card.training["synthetic"]) == (6, 48, True)
    cases = read_cohort(cohort, classes=()).split("validation")
    stacks = StackCache(out / "cache" / "masked", recipe.input, "lesions").load(cases)
    counts = judge(model.network, recipe.input, stacks, most=8, lesions=True, cutoffs=CUTOFFS)
    assert card.thresholds["answer"] == best_cutoff(counts, CUTOFFS)
    place = CUTOFFS.index(card.thresholds["answer"])
    scores = overlap_scores([case[place] for case in counts], recipe.classes, ratio=True)
    said = card.metrics["validation"]
    assert said["cases"] == 2
    assert {f"validation_{name}": value for name, value in said.items() if name not in ("cases", "most_slices")} == {
        name: round(value, 4) for name, value in scores.items()
    }


def test_the_log_has_dice_by_epoch_and_a_figure_shows_it(whole: tuple[SegmentationModel, Path]) -> None:
    rows = _log(whole[1])
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(0 <= float(row["train_dice"]) <= 1 for row in rows)
    assert [bool(row["validation_dice"]) for row in rows] == [False, True, True]
    assert (whole[1] / "dice.png").stat().st_size > 10_000
    assert (whole[1] / "dice.svg").is_file()


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(
    whole: tuple[SegmentationModel, Path], cohort: Path, tmp_path: Path
) -> None:
    recipe, cache = masked_micro.recipe(), whole[1] / "cache"
    with pytest.raises(KeyboardInterrupt):
        train_segmenter(recipe, cohort, tmp_path, cache_folder=cache, watcher=StopAfterFirstEpoch())
    with pytest.raises(OutputError, match="has a checkpoint of an earlier run"):
        train_segmenter(recipe, cohort, tmp_path, cache_folder=cache)
    other = masked_micro.recipe(learning_rate="0.02")
    with pytest.raises(RecipeError, match="is of another run"):
        train_segmenter(other, cohort, tmp_path, cache_folder=cache, resume=True)
    model = train_segmenter(recipe, cohort, tmp_path, cache_folder=cache, resume=True)
    assert model.id == whole[0].id
    assert _log(tmp_path) == _log(whole[1])
    stopped, unbroken = (
        safetensors.torch.load((out / "checkpoint.safetensors").read_bytes()) for out in (tmp_path, whole[1])
    )
    assert all(torch.equal(stopped[name], unbroken[name]) for name in unbroken)


def test_training_may_begin_with_a_model_of_the_same_kind(
    whole: tuple[SegmentationModel, Path], cohort: Path, tmp_path: Path
) -> None:
    begun = first_segmenter(masked_micro.recipe(), whole[0]).state_dict()
    assert all(torch.equal(begun[name], tensor) for name, tensor in whole[0].network.state_dict().items())
    fresh = first_segmenter(masked_micro.recipe()).state_dict()
    assert not torch.equal(begun["classifier.weight"], fresh["classifier.weight"])
    again = first_segmenter(masked_micro.recipe()).state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in fresh.items())
    with pytest.raises(RecipeError, match=r"model micro-lesions is deeplabv3plus.*the recipe asks for"):
        first_segmenter(masked_micro.recipe(aspp="6"), whole[0])
    with pytest.raises(RecipeError, match="for lungs"):
        first_segmenter(masked_micro.recipe("lungs"), whole[0])
    short = masked_micro.recipe(epochs="1", warmup_epochs="0", examples="8")
    child = train_segmenter(short, cohort, tmp_path, cache_folder=whole[1] / "cache", start_from=whole[0].path)
    assert child.card.parent == whole[0].id


def test_a_model_with_other_edges_gives_all_weights_but_the_last(whole: tuple[SegmentationModel, Path]) -> None:
    narrow = masked_micro.RECIPE.replace("low_level = 2", "low_level = 2\nedges = 2")
    recipe = parse_segmenter_recipe(narrow.format(task="lesions", mirrored=0.5))
    parent, fresh = whole[0].network.state_dict(), first_segmenter(recipe).state_dict()
    begun = first_segmenter(recipe, whole[0]).state_dict()
    assert begun.keys() - parent.keys() == {name for name in begun if name.startswith("sharpen.")} != set()
    assert parent.keys() - begun.keys() == {"classifier.weight", "classifier.bias"}
    for name, tensor in begun.items():
        assert torch.equal(tensor, parent[name] if name in parent else fresh[name]), name


def test_a_model_of_single_slices_goes_on_with_neighbours(
    whole: tuple[SegmentationModel, Path], cohort: Path, tmp_path: Path
) -> None:
    text = masked_micro.RECIPE.replace("low_level = 2", "low_level = 2\nneighbours = 1")
    recipe = parse_segmenter_recipe(text.format(task="lesions", mirrored=0.5))
    begun = first_segmenter(recipe, whole[0])
    assert begun.neighbours == 1
    assert begun.state_dict().keys() - whole[0].network.state_dict().keys() == {"beside.weight"}
    assert not begun.state_dict()["beside.weight"].any()
    child = train_segmenter(recipe, cohort, tmp_path, cache_folder=whole[1] / "cache", start_from=whole[0].path)
    assert load_segmenter(child.path).network.neighbours == 1
    assert child.network.state_dict()["beside.weight"].any()
    with pytest.raises(RecipeError, match="the recipe asks for"):
        first_segmenter(masked_micro.recipe(aspp="6"), child)
    alone = first_segmenter(masked_micro.recipe(), child).state_dict()
    assert all(torch.equal(tensor, child.network.state_dict()[name]) for name, tensor in alone.items())


def test_lungs_are_trained_by_the_same_loop(cohort: Path, tmp_path: Path) -> None:
    short = masked_micro.recipe("lungs", epochs="1", warmup_epochs="0", examples="8")
    model = train_segmenter(short, cohort, tmp_path)
    assert model.card.classes == ("none", "right-lung", "left-lung")
    assert {"dice", "dice_right_lung", "dice_left_lung"} <= set(model.card.metrics["validation"])
    assert "ratio_rmse" not in model.card.metrics["validation"]


def test_what_cannot_be_trained_on_is_refused(cohort: Path, tmp_path: Path) -> None:
    whole = read_cohort(cohort, classes=())
    best = masked_micro.recipe(every='1\nkeep = "best"')
    for recipe, named in ((best, "validation.keep"), (masked_micro.recipe(), "cutoff")):
        with pytest.raises(RecipeError, match=f"{named} = .*no validation case"):
            train_segmenter(recipe, _with(whole, "train"), tmp_path)
    with pytest.raises(CohortError, match="no case in split train"):
        train_segmenter(masked_micro.recipe(), _with(whole, "validation"), tmp_path)
    with pytest.raises(RecipeError, match="give one of the two"):
        train_segmenter(masked_micro.recipe(), whole, tmp_path, start_from="a", pretrained=tmp_path)
    assert not any(tmp_path.iterdir())


def _with(cohort: Cohort, split: str) -> Cohort:
    return replace(cohort, cases=cohort.split(split))

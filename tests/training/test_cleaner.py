"""A slice cleaner's whole run on a micro cohort: it stops and goes on to the same numbers, and says what it made."""

import csv
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from pleura.data.cohort import read_cohort
from pleura.data.faults.kinds import SLICE_CLASSES
from pleura.errors import CohortError, OutputError, RecipeError
from pleura.imaging.nifti_write import write_nifti
from pleura.models.files import Model, load_model
from pleura.settings import read_recipe
from pleura.training.cleaner import judge_cleaner, train_cleaner
from pleura.training.cleaner_recipe import CleanerRecipe, parse_cleaner_recipe, read_cleaner_recipe
from pleura.training.cleaner_scores import cleaner_metrics, fit_cutoff
from pleura.training.recipes import find_recipe
from pleura.training.watcher import Silent
from training import micro

RECIPE = """
name = "micro-cleaner"
[arguments]
width = 2
[input]
size = 32
[faults]
examples = 24
redrawn = 2
smallest = 0.9
[optimiser]
kind = "adamw"
learning_rate = 0.01
[schedule]
epochs = 3
warmup_epochs = 1
[training]
batch = 12
"""


class StopAfterFirstEpoch(Silent):
    def say(self, line: str) -> None:
        if line.startswith("epoch 1:"):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two training cases and two for validation, with lung masks."""
    folder = micro.write_cohort(tmp_path_factory.mktemp("cleaner") / "cohort", cases=8)
    lines = (folder / "cases.csv").read_text().splitlines()
    kept = [lines[0]]
    for number, row in ((i, lines[1 + i]) for i in (0, 1, 3, 7)):
        hu = micro.chest(number, row.split(",")[3])
        _, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in hu.shape), indexing="ij")
        inside = (y / 0.75) ** 2 + (x / 0.9) ** 2 < 1  # the body's air, not the room's
        write_nifti(folder / f"masks/{number}.nii.gz", ((hu < -500) & inside).astype(np.uint8), micro.AFFINE)
        kept.append(row[:-2] + f",masks/{number}.nii.gz,")
    (folder / "cases.csv").write_text("\n".join(kept) + "\n")
    return folder


@pytest.fixture(scope="module")
def whole(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    out = tmp_path_factory.mktemp("whole")
    return train_cleaner(parse_cleaner_recipe(RECIPE), cohort, out, cache_folder=out / "cache"), out


def _log(out: Path) -> list[dict[str, str]]:
    with (out / "log.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_the_card_says_what_it_is_and_how_it_was_judged(whole: tuple[Model, Path]) -> None:
    card = load_model(whole[1] / "micro-cleaner").card
    assert (card.task, card.classes, card.architecture) == ("cleaner", SLICE_CLASSES, "resnet18")
    assert card.training["synthetic"] is True
    assert (card.training["cases"], card.training["slices"]) == (2, 72)
    assert 0 <= card.thresholds["answer"] <= 0.5
    validation = card.metrics["validation"]
    assert validation["slices"] == 6
    assert sum(sum(row) for row in validation["confusion"].values()) == 6
    assert [row["epoch"] for row in _log(whole[1])] == ["1", "2", "3"]


def test_a_run_that_was_stopped_goes_on_to_the_same_numbers(
    whole: tuple[Model, Path], cohort: Path, tmp_path: Path
) -> None:
    recipe, cache = parse_cleaner_recipe(RECIPE), whole[1] / "cache"
    with pytest.raises(KeyboardInterrupt):
        train_cleaner(recipe, cohort, tmp_path, cache_folder=cache, watcher=StopAfterFirstEpoch())
    with pytest.raises(OutputError, match="has a checkpoint of an earlier run"):
        train_cleaner(recipe, cohort, tmp_path, cache_folder=cache)
    other = parse_cleaner_recipe(RECIPE.replace("0.01", "0.02"))
    with pytest.raises(RecipeError, match="is of another run"):
        train_cleaner(other, cohort, tmp_path, cache_folder=cache, resume=True)
    model = train_cleaner(recipe, cohort, tmp_path, cache_folder=cache, resume=True)
    assert model.id == whole[0].id
    assert _log(tmp_path) == _log(whole[1])
    stopped, unbroken = (
        safetensors.torch.load((out / "checkpoint.safetensors").read_bytes()) for out in (tmp_path, whole[1])
    )
    assert all(torch.equal(stopped[name], unbroken[name]) for name in unbroken)


def test_it_is_judged_on_slices_with_faults_and_as_they_are(whole: tuple[Model, Path], cohort: Path) -> None:
    cases = read_cohort(cohort, classes=()).split("validation")
    judged = judge_cleaner(whole[0], parse_cleaner_recipe(RECIPE), cases, seed=1, cache_folder=whole[1] / "cache")
    natural = judged["as_they_are"]
    assert isinstance(natural, dict)
    assert sum(row["slices"] for row in natural.values()) == 2 * micro.SHAPE[0]
    assert set(natural) >= {"fit", "no-lung", "sliver"}
    # seed 1 is what training judges by, so that the card's numbers come again
    assert judged["drawn"] == dict(whole[0].card.metrics["validation"])


def test_a_cohort_without_validation_cases_is_refused(cohort: Path, tmp_path: Path) -> None:
    whole = read_cohort(cohort, classes=())
    training = type(whole)(**{**vars(whole), "cases": whole.split("train")})
    with pytest.raises(CohortError, match="no case in split validation"):
        train_cleaner(parse_cleaner_recipe(RECIPE), training, tmp_path)


def test_the_cutoff_keeps_the_share_asked_for_and_never_exceeds_a_half() -> None:
    fit = np.linspace(0.02, 0.98, 49)
    probabilities = np.column_stack([fit] + [(1 - fit) / 7] * 7)
    labels = np.zeros(49, np.int64)
    for kept in (0.9, 0.75):
        cutoff = fit_cutoff(probabilities, labels, kept)
        assert (fit >= cutoff).mean() >= kept
        assert (fit >= cutoff + 0.021).mean() < kept
    assert fit_cutoff(probabilities, labels, 0.5) == pytest.approx(0.5)
    assert fit_cutoff(probabilities, labels + 1, 0.9) == 0.5


def test_metrics_by_hand() -> None:
    probabilities = np.full((6, 8), 0.02)
    for row, (number, value) in enumerate([(0, 0.86), (0, 0.86), (4, 0.86), (0, 0.86), (4, 0.86), (1, 0.86)]):
        probabilities[row, number] = value
    found = cleaner_metrics(probabilities, np.array([0, 0, 0, 4, 4, 1]), 0.5)
    assert found["kept"] == {"fit": 0.6667, "no-lung": 0.0, "motion": 0.5}
    assert found["named"] == {"fit": 0.6667, "no-lung": 1.0, "motion": 0.5}
    assert found["confusion"] == {
        "fit": [2, 0, 0, 0, 1, 0, 0, 0],
        "no-lung": [0, 1, 0, 0, 0, 0, 0, 0],
        "motion": [1, 0, 0, 0, 1, 0, 0, 0],
    }
    # of nine pairs a fit slice scores higher in four, alike in four (twice 0.86, twice 0.02), lower in one
    assert found["auc_fit"] == pytest.approx((4 + 4 / 2) / 9, abs=1e-4)
    assert found["unfit_kept"] == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('task = "diagnosis"', 'a slice cleaner\'s is "cleaner"'),
        ("kept = 1.0", "need 0.5 <= kept < 1"),
        ("[augmentation]\nscale = 0.1", "set faults.smallest and faults.largest"),
        ('[input]\nfield = "lungs"', 'sees the whole "slice"'),
        ("[faults]\nmany = 3", "unknown key faults.many"),
        ("=", "not TOML"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(more: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_cleaner_recipe(f'name = "a"\n{more}')


def test_the_shipped_recipes() -> None:
    full, narrow = (read_cleaner_recipe(find_recipe(name)) for name in ("cleaner", "cleaner-synthetic"))
    assert isinstance(full, CleanerRecipe)
    assert (full.name, full.architecture, full.arguments) == ("cleaner", "resnet18", {"width": 64})
    assert (narrow.name, narrow.architecture, narrow.arguments) == ("cleaner-synthetic", "resnet18", {"width": 16})
    with pytest.raises(RecipeError):
        read_recipe(find_recipe("cleaner"))

import dataclasses
from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.settings import CLASSES, read_recipe
from pleura.training.recipes import find_recipe
from pleura.training.segmentation.recipe import read_segmenter_recipe


def test_the_ucadi_recipe_has_the_papers_numbers() -> None:
    recipe = read_recipe(find_recipe("ucadi"))
    assert (recipe.input.window_low, recipe.input.window_high) == (-1200, 600)
    assert (recipe.input.size, recipe.input.slices, recipe.input.subsets) == (128, 16, 5)
    assert (recipe.optimiser.learning_rate, recipe.optimiser.momentum) == (0.01, 0.9)
    assert recipe.optimiser.weight_decay == 1e-4
    assert recipe.training.batch == 16
    assert list(recipe.loss.weights) == list(CLASSES)
    assert vars(recipe.augmentation) == {"shift": 0, "scale": 0, "offset_hu": 0, "noise_hu": 0}


def test_severity_differs_from_ucadi_in_its_question_and_loss_alone() -> None:
    ucadi, severity = (read_recipe(find_recipe(name)) for name in ("ucadi", "severity"))
    assert dataclasses.replace(ucadi, name="severity", task="severity", loss=severity.loss) == severity
    assert (severity.loss.weighting, severity.loss.ordinal) == ("balanced", 1.0)


def test_every_number_of_the_ucadi_recipe_has_its_source() -> None:
    sourced = ""
    for line in find_recipe("ucadi").read_text().splitlines():
        line, _, comment = line.partition("#")
        if comment and any(word in comment for word in ("paper", "code", "ours")):
            sourced = "here"
        elif not line.strip():
            sourced = ""
        if "=" in line and "name" not in line and "seed" not in line:
            assert comment or sourced, line


SLICE_NETWORKS = ("dl1", "dl2", "dl1-synthetic", "dl2-synthetic", "experiment-covidet")
SEGMENTERS = (
    "lesions",
    "lesions-synthetic",
    "lesions-synthetic-neighbours",
    "lesions-synthetic-single",
    "lesions-synthetic-coarse",
    "lungs-synthetic",
    "experiment-lesions",
)
OF_ANOTHER_KIND = ("cleaner", "cleaner-synthetic", "dl3")
SHIPPED = sorted(path.stem for path in find_recipe("ucadi").parent.glob("*.toml"))


@pytest.mark.parametrize("name", SLICE_NETWORKS)
def test_a_slice_networks_recipe_takes_every_slice(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    assert (recipe.name, recipe.architecture) == (name, "resnext-gru")
    assert recipe.task == ("covid" if name.startswith("dl2") else "viral")
    assert (recipe.input.interval, recipe.input.subsets) == ("every", 1)


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_segmenters_recipe_names_what_it_finds(name: str) -> None:
    recipe = read_segmenter_recipe(find_recipe(name))
    assert (recipe.name, recipe.architecture) == (name, "deeplabv3plus-densenet121")
    assert recipe.task == ("lungs" if name.startswith("lungs") else "lesions")


@pytest.mark.parametrize(
    "name", [name for name in SHIPPED if name not in (*SLICE_NETWORKS, *SEGMENTERS, *OF_ANOTHER_KIND)]
)
def test_a_shipped_recipe_bears_its_files_name_and_the_papers_network(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    assert recipe.name == name
    assert recipe.architecture == "densenet3d"
    assert {"growth": 32, "bottleneck": 4, "drop_block": 0.0} | recipe.arguments == {
        "growth": 32,
        "bottleneck": 4,
        "drop_block": 0.0,
    }


def test_a_path_comes_before_a_name(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("")
    assert find_recipe(str(tmp_path / "own.toml")) == tmp_path / "own.toml"


def test_an_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="the known names are cleaner-synthetic, cleaner, demo, dl1-"):
        find_recipe("nothing")

"""Recipes of segmenters: their own input, what contradicts itself refused, those that come with the package."""

from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.training.recipes import find_recipe, recipe_task
from pleura.training.segmentation.recipe import parse_segmenter_recipe, read_segmenter_recipe
from pleura.training.segmentation.train import first_segmenter

MINIMAL = 'name = "mine"\ntask = "lesions"\n'


def test_keys_that_are_left_out_are_a_segmenters_own() -> None:
    recipe = parse_segmenter_recipe(MINIMAL + "[input]\nsize = 192")
    assert (recipe.input.size, recipe.input.field, recipe.input.interval) == (192, "lungs", "every")
    assert (recipe.input.window_low, recipe.input.window_high) == (-1200, 300)
    lungs = parse_segmenter_recipe('name = "mine"\ntask = "lungs"\n[augmentation]\nmirrored = 0.0')
    assert (lungs.input.field, lungs.classes) == ("slice", ("none", "right-lung", "left-lung"))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('name = "mine"', r"task is missing"),
        ('name = "mine"\ntask = "viral"', r'task = "viral"; a segmenter\'s is one of lesions, lungs'),
        ('name = "a b"\ntask = "lesions"', r'name = "a b"'),
        (MINIMAL + "[input]\nsize = 120", r"input.size = 120; need a multiple of 16"),
        (MINIMAL + '[input]\nfield = "slice"', r'input.field = "slice"; for task "lesions" it is "lungs"'),
        (MINIMAL + '[input]\ninterval = "lung-extent"', r"a segmenter's is \"every\""),
        ('name = "mine"\ntask = "lungs"', r"augmentation.mirrored = 0.5; for task \"lungs\" it is 0"),
        (MINIMAL + "[loss]\ncross_entropy = 0\ndice = 0", r"not both 0"),
        (MINIMAL + "[loss]\nordinal = 1", r"unknown key loss.ordinal"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(text: str, match: str) -> None:
    with pytest.raises(RecipeError, match=match):
        parse_segmenter_recipe(text)


def test_errors_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL + "[draw]\nfilled = 2")
    with pytest.raises(RecipeError, match=r"mine.toml: draw: filled = 2"):
        read_segmenter_recipe(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("name", "task", "parameters"),
    [
        ("lesions", "lesions", None),
        ("lesions-synthetic", "lesions", 2_000_000),
        ("lesions-synthetic-neighbours", "lesions", 2_000_000),
        ("lesions-synthetic-single", "lesions", 2_000_000),
        ("lesions-synthetic-coarse", "lesions", 2_000_000),
        ("lungs-synthetic", "lungs", 2_000_000),
    ],
)
def test_the_recipes_of_the_package(name: str, task: str, parameters: int | None) -> None:
    path = find_recipe(name)
    assert recipe_task(path) == task
    recipe = read_segmenter_recipe(path)
    assert recipe.name == name
    assert recipe.architecture == "deeplabv3plus-densenet121"
    network = first_segmenter(recipe)
    if parameters is None:
        assert dict(recipe.arguments) == {}  # the published widths
    else:
        assert sum(parameter.numel() for parameter in network.parameters()) < parameters  # under 4 MB as float16

"""A recipe in, or its file or table; what it has hospitals learn, or the recipe as its kind is read, out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pleura.errors import RecipeError
from pleura.federation.learning.lesson import Lesson, Recipe
from pleura.federation.learning.lessons.classifying import Classifying
from pleura.federation.learning.lessons.segmenting import Segmenting
from pleura.models.segmenter import SEGMENTS
from pleura.settings import TrainingRecipe, parse_settings, parse_toml, read_recipe_of
from pleura.training.segmentation.recipe import SegmenterRecipe, segmenter_recipe_of

__all__ = ["find_lesson", "parse_learned", "read_learned"]

_OTHERS = {"cleaner": "a slice cleaner", "clinical": "a model of clinical data"}


def find_lesson(recipe: Recipe) -> Lesson:
    """Find what a recipe has hospitals learn.

    Raises
    ------
    RecipeError
        If no case has a truth for the recipe's task.
    """
    return Segmenting(recipe) if isinstance(recipe, SegmenterRecipe) else Classifying(recipe)


def read_learned(path: Path) -> Recipe:
    """Read a recipe that hospitals can train by together.

    Parameters
    ----------
    path : a TOML file

    Raises
    ------
    RecipeError
        If it cannot be read, or is of something that no federation trains.
    """
    return read_recipe_of(path, lambda text: parse_learned(parse_toml(text)))


def parse_learned(table: Mapping[str, Any]) -> Recipe:
    """Read a recipe's table, as `read_learned`."""
    task = table.get("task", "diagnosis")
    if task in _OTHERS:
        raise RecipeError(
            f'task "{task}": {_OTHERS[str(task)]} is not trained in a federation; train it with one cohort'
        )
    return segmenter_recipe_of(table) if task in SEGMENTS else parse_settings(TrainingRecipe, table)

"""The recipes that come with the package: a name in, its TOML file out; and a recipe's file in, its task out."""

import tomllib
from pathlib import Path

from pleura.errors import RecipeError

__all__ = ["find_recipe", "recipe_task"]


def find_recipe(reference: str) -> Path:
    """Find a recipe by path, or by name among those that come with the package.

    Raises
    ------
    RecipeError
        If there is none.
    """
    path = Path(reference)
    if path.is_file():
        return path
    shipped = {entry.stem: entry for entry in sorted(Path(__file__).parent.glob("*.toml"))}
    if reference in shipped:
        return shipped[reference]
    raise RecipeError(f'no recipe "{reference}": it is not a file, and the known names are {", ".join(shipped)}')


def recipe_task(path: Path) -> str:
    """Give what a recipe is for, which says how the rest of it is read.

    Raises
    ------
    RecipeError
        If the file cannot be read or is not TOML.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error
    return str(table.get("task", "diagnosis"))

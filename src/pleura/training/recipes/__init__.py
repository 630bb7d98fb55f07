"""The recipes that come with the package: a name in, its TOML file out."""

from pathlib import Path

from pleura.errors import RecipeError

__all__ = ["find_recipe"]


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

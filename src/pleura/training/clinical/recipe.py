"""The text of a clinical recipe in; how support vector machines are tuned, judged and fused out."""

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from pleura.errors import RecipeError
from pleura.models.clinical_svm.card import TASK
from pleura.models.clinical_svm.fusion import RULES
from pleura.models.clinical_svm.machine import KERNELS, Kernel
from pleura.settings import parse_settings, parse_toml, read_recipe_of
from pleura.training.recipes import recipe_task

__all__ = ["Candidate", "ClinicalRecipe", "FoldSettings", "Grid", "parse_clinical_recipe", "read_clinical_recipe"]


@dataclass(frozen=True)
class Candidate:
    """One setting of the grid."""

    cost: float
    """C: what an error costs beside the width of the margin."""
    kernel: Kernel


@dataclass(frozen=True, kw_only=True)
class Grid:
    """What the inner folds choose among."""

    cost_linear: tuple[float, ...] = (0.01, 0.1, 1.0)
    cost_poly: tuple[float, ...] = (0.01, 0.1, 1.0)
    degree: tuple[int, ...] = (2, 3)
    """Of the polynomial; its gamma is 1 / columns, its offset 1."""
    cost_rbf: tuple[float, ...] = (1.0, 10.0)
    gamma: tuple[float, ...] = (0.1, 0.3, 1.0)
    """Of the radial basis function, times 1 / columns."""

    def __post_init__(self) -> None:
        for name in ("cost_linear", "cost_poly", "degree", "cost_rbf", "gamma"):
            values = getattr(self, name)
            if not values or not all(isfinite(value) and value > 0 for value in values):
                raise RecipeError(f"grid: {name} = {list(values)}; need one positive number or more")

    def candidates(self, kind: str, columns: int) -> tuple[Candidate, ...]:
        """Give the settings of a kernel, the smoothest first; `columns` is the number of the machine's inputs."""
        if kind == "linear":
            return tuple(Candidate(cost, Kernel(kind=kind)) for cost in self.cost_linear)
        if kind == "poly":
            return tuple(
                Candidate(cost, Kernel(kind=kind, gamma=1 / columns, degree=degree))
                for degree in self.degree
                for cost in self.cost_poly
            )
        return tuple(
            Candidate(cost, Kernel(kind=kind, gamma=gamma / columns)) for gamma in self.gamma for cost in self.cost_rbf
        )


@dataclass(frozen=True, kw_only=True)
class FoldSettings:
    """How patients are dealt."""

    repeats: int = 5
    """Cross-validations, each dealt anew."""
    outer: int = 5
    """Folds that judge."""
    inner: int = 5
    """Folds that choose settings and calibrate, within the training part of an outer fold."""
    shuffles: int = 5
    """Of each feature in each outer fold, for permutation importance; 0 leaves it out."""

    def __post_init__(self) -> None:
        for name, least in (("repeats", 1), ("outer", 2), ("inner", 2), ("shuffles", 0)):
            if getattr(self, name) < least:
                raise RecipeError(f"folds: {name} = {getattr(self, name)}; need {least} or more")


@dataclass(frozen=True, kw_only=True)
class ClinicalRecipe:
    """All that decides how a clinical model is made, except the table."""

    name: str
    """Of the model that comes out."""
    task: str = TASK
    positive: str = "covid-19"
    """The disease whose probability is given."""
    negative: str = "other-viral"
    """What it is told apart from; cases of neither are left out."""
    kernels: tuple[str, ...] = KERNELS
    """To be cross-validated."""
    kernel: str = "linear"
    """Of the final model."""
    fusion: str = "stacking"
    """Of the final model, where there are CT scores: "average" or "stacking"."""
    flag_missing: bool = True
    """Whether the machine is told which values are missing. Not where who measured what depends on the source."""
    seed: int = 0
    """Deals the folds and shuffles."""
    grid: Grid = field(default_factory=Grid)
    folds: FoldSettings = field(default_factory=FoldSettings)

    def __post_init__(self) -> None:
        known = ", ".join(KERNELS)
        problems = (
            (self.task != TASK, f'task = "{self.task}"; a clinical recipe has task = "{TASK}"'),
            (self.positive == self.negative, f'positive and negative are both "{self.positive}"; need two diseases'),
            (not self.positive or not self.negative, "positive and negative are names of classes"),
            (not self.kernels or bool(set(self.kernels) - set(KERNELS)), f"kernels: known are {known}"),
            (self.kernel not in self.kernels, f'kernel = "{self.kernel}"; need one of kernels'),
            (self.fusion not in RULES, f'fusion = "{self.fusion}"; known are {", ".join(RULES)}'),
            (self.seed < 0, f"seed = {self.seed}; need 0 or more"),
            (
                not self.name.isascii() or not self.name.replace("-", "").replace("_", "").isalnum(),
                f'name = "{self.name}"; need letters, digits, "-" or "_"',
            ),
        )
        for wrong, what in problems:
            if wrong:
                raise RecipeError(what)


def parse_clinical_recipe(text: str) -> ClinicalRecipe:
    r"""Parse a clinical recipe.

    Parameters
    ----------
    text : TOML

    Raises
    ------
    RecipeError
        If it is not TOML, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> parse_clinical_recipe('name = "mine"\nkernel = "rbf"').fusion
    'stacking'
    """
    return parse_settings(ClinicalRecipe, parse_toml(text))


def read_clinical_recipe(path: Path) -> ClinicalRecipe:
    """Read a clinical recipe.

    Parameters
    ----------
    path : a TOML file; `pleura.training.recipes.find_recipe` finds those that come with the package

    Raises
    ------
    RecipeError
        If the file cannot be read, is not TOML, is for another task, or holds an unknown key, a wrong type or a
        contradiction.
    """
    task = recipe_task(path)
    if task != TASK:
        raise RecipeError(f'{path} is a recipe for {task}; need one with task = "{TASK}", such as dl3')
    return read_recipe_of(path, parse_clinical_recipe)

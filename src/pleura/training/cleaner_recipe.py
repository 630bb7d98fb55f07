"""What decides how a slice cleaner is trained: TOML text in, a frozen recipe out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pleura.data.faults.kinds import CLEANER_TASK
from pleura.data.slices import FaultSettings
from pleura.errors import RecipeError
from pleura.settings import (
    AugmentationSettings,
    InputSettings,
    OptimiserSettings,
    ScheduleSettings,
    TrainingSettings,
    ValidationSettings,
    check_name,
    parse_settings,
    parse_toml,
    read_recipe_of,
)

__all__ = ["CleanerRecipe", "parse_cleaner_recipe", "read_cleaner_recipe"]


@dataclass(frozen=True, kw_only=True)
class CleanerRecipe:
    """All that decides how a slice cleaner is trained, except the cohort."""

    name: str
    """Name of the model that comes out."""
    task: str = CLEANER_TASK
    """ "cleaner", so that a recipe says what it is for."""
    architecture: str = "resnet18"
    """A name in the model registry; a network of single slices."""
    arguments: Mapping[str, int | float] = field(default_factory=dict)
    """The architecture's own arguments."""
    half: bool = True
    """Write convolution and linear weights as float16."""
    kept: float = 0.98
    """Share of the fit slices that the cut-off on P(fit) keeps, of the validation cases; the cut-off is at most 0.5."""
    input: InputSettings = field(
        default_factory=lambda: InputSettings(size=96, window_low=-1024, window_high=3000, slices=4, subsets=1)
    )
    """Window, normalisation and size; always of whole slices, one at a time, so `slices` and `subsets` say nothing."""
    faults: FaultSettings = field(default_factory=FaultSettings)
    """What the examples are."""
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    """How the weights follow the gradient."""
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    """For how long."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """On what batches, in what precision."""
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    """With what random changes; for `scale` see `faults`."""
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    """Judged when."""

    def __post_init__(self) -> None:
        check_name(self.name)
        problems = (
            (self.task != CLEANER_TASK, f'task = "{self.task}"; a slice cleaner\'s is "{CLEANER_TASK}"'),
            (not 0.5 <= self.kept < 1, f"kept = {self.kept}; need 0.5 <= kept < 1"),
            (
                self.input.field != "slice",
                f'input.field = "{self.input.field}"; a slice cleaner sees the whole "slice"',
            ),
            (self.augmentation.scale != 0, "augmentation.scale: set faults.smallest and faults.largest instead"),
        )
        for wrong, what in problems:
            if wrong:
                raise RecipeError(what)


def read_cleaner_recipe(path: Path) -> CleanerRecipe:
    """Read a slice cleaner's recipe.

    Parameters
    ----------
    path : a TOML file

    Raises
    ------
    RecipeError
        If the file cannot be read, is not TOML, or holds an unknown key, a wrong type or a contradiction.
    """
    return read_recipe_of(path, parse_cleaner_recipe)


def parse_cleaner_recipe(text: str) -> CleanerRecipe:
    r"""Parse a slice cleaner's recipe.

    Parameters
    ----------
    text : TOML

    Raises
    ------
    RecipeError
        If it is not TOML, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> parse_cleaner_recipe('name = "mine"\n[faults]\nsliver = 0.2').faults.sliver
    0.2
    """
    table = parse_toml(text)
    # a table [input] that names a few keys changes these of the cleaner's own input, not of the classifier's
    own = {"size": 96, "window_low": -1024, "window_high": 3000, "slices": 4, "subsets": 1}
    if isinstance(table.get("input"), dict):
        table["input"] = own | table["input"]
    return parse_settings(CleanerRecipe, table)

"""What decides how a segmenter is trained: TOML text in, a frozen recipe out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pleura.data.segmentation.augmentation import SliceAugmentation
from pleura.data.segmentation.examples import DrawSettings, SegmentationExamples
from pleura.data.segmentation.stacks import Stack
from pleura.errors import RecipeError
from pleura.models.segmenter import MULTIPLE, SEGMENTS
from pleura.settings import (
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

__all__ = [
    "OverlapSettings",
    "SegmenterRecipe",
    "parse_segmenter_recipe",
    "read_segmenter_recipe",
    "segmenter_recipe_of",
]

_INPUT = {
    "window_low": -1200,
    "window_high": 300,
    "mean": -500.0,
    "std": 450.0,
    "slices": 64,
    "subsets": 1,
    "interval": "every",
}
"""What a segmenter sees where its recipe does not say; its field goes by the task."""


@dataclass(frozen=True, kw_only=True)
class OverlapSettings:
    """Cross-entropy of each pixel, and one minus the Dice of each class over a whole batch."""

    cross_entropy: float = 1.0
    """Weight of the first."""
    dice: float = 1.0
    """Weight of the second. It counts a class's pixels and not the slice's, so that a small lesion is not drowned; it
    is taken over a batch, as many slices show no lesion or a few pixels of one."""

    def __post_init__(self) -> None:
        if min(self.cross_entropy, self.dice) < 0 or self.cross_entropy + self.dice == 0:
            raise RecipeError(
                f"loss: cross_entropy = {self.cross_entropy}, dice = {self.dice}; need weights of 0 or more, not both 0"
            )


@dataclass(frozen=True, kw_only=True)
class SegmenterRecipe:
    """All that decides how a segmenter is trained, except the cohort."""

    name: str
    """Name of the model that comes out."""
    task: str
    """ "lesions": ground glass and consolidation inside the lungs; "lungs": the right and the left one."""
    architecture: str = "deeplabv3plus-densenet121"
    """A name in the model registry; a segmenter."""
    arguments: Mapping[str, int | float] = field(default_factory=dict)
    """The architecture's own arguments."""
    half: bool = True
    """Write convolution weights as float16."""
    cutoff: str = "half"
    """From which probability on a pixel is something: "half"; or "fitted", what gives the validation cases the highest
    mean Dice, or within 0.002 of it. A network that was taught by Dice is seldom sure at a lesion's fading border."""
    input: InputSettings = field(default_factory=lambda: InputSettings(**_INPUT))  # type: ignore[arg-type]
    """Window, normalisation, size, what is seen in plane, and the most slices of a case."""
    loss: OverlapSettings = field(default_factory=OverlapSettings)
    """What is minimised."""
    draw: DrawSettings = field(default_factory=DrawSettings)
    """What the examples are."""
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    """How the weights follow the gradient."""
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    """For how long."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """On what batches, in what precision."""
    augmentation: SliceAugmentation = field(default_factory=SliceAugmentation)
    """With what random changes."""
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    """Judged when."""

    def __post_init__(self) -> None:
        check_name(self.name)
        field_needed = "slice" if self.task == "lungs" else "lungs"
        problems = (
            (self.task not in SEGMENTS, f'task = "{self.task}"; a segmenter\'s is one of {", ".join(SEGMENTS)}'),
            (self.cutoff not in ("fitted", "half"), f'cutoff = "{self.cutoff}"; known are "half" and "fitted"'),
            (self.input.size % MULTIPLE != 0, f"input.size = {self.input.size}; need a multiple of {MULTIPLE}"),
            (
                self.input.field != field_needed,
                f'input.field = "{self.input.field}"; for task "{self.task}" it is "{field_needed}"',
            ),
            (self.input.interval != "every", f'input.interval = "{self.input.interval}"; a segmenter\'s is "every"'),
            (
                self.task == "lungs" and self.augmentation.mirrored > 0,
                f'augmentation.mirrored = {self.augmentation.mirrored}; for task "lungs" it is 0: sides are what it '
                "tells apart",
            ),
        )
        for wrong, what in problems:
            if wrong:
                raise RecipeError(what)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return SEGMENTS[self.task]

    def examples(self, stacks: Sequence[Stack], *, seed: int) -> SegmentationExamples:
        """Say what is drawn from training cases; errors as of `SegmentationExamples`."""
        return SegmentationExamples(
            stacks=stacks,
            settings=self.draw,
            input=self.input,
            augmentation=self.augmentation,
            seed=seed,
            batch=self.training.batch,
            neighbours=int(self.arguments.get("neighbours", 0)),
        )


def read_segmenter_recipe(path: Path) -> SegmenterRecipe:
    """Read a segmenter's recipe.

    Parameters
    ----------
    path : a TOML file

    Raises
    ------
    RecipeError
        If the file cannot be read, is not TOML, or holds an unknown key, a wrong type or a contradiction.
    """
    return read_recipe_of(path, parse_segmenter_recipe)


def parse_segmenter_recipe(text: str) -> SegmenterRecipe:
    r"""Parse a segmenter's recipe.

    Parameters
    ----------
    text : TOML; the keys of [input] that it leaves out are a segmenter's own, not a classifier's

    Raises
    ------
    RecipeError
        If it is not TOML, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> parse_segmenter_recipe('name = "mine"\ntask = "lesions"\n[input]\nsize = 64').input.field
    'lungs'
    """
    return segmenter_recipe_of(parse_toml(text))


def segmenter_recipe_of(table: Mapping[str, Any]) -> SegmenterRecipe:
    """Read a segmenter's recipe from a table, as `parse_segmenter_recipe` from a text."""
    of_task = {"field": "slice" if table.get("task") == "lungs" else "lungs"}
    given = table.get("input", {})
    if isinstance(given, Mapping):
        table = {**table, "input": {**_INPUT, **of_task, **given}}
    return parse_settings(SegmenterRecipe, table)

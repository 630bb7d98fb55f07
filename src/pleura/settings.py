"""Typed settings and recipes: TOML text in, frozen dataclasses out; unknown keys and wrong types are refused."""

import dataclasses
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pleura.errors import RecipeError

__all__ = [
    "CLASSES",
    "GRADES",
    "LABELS",
    "TASKS",
    "AugmentationSettings",
    "InputSettings",
    "LossSettings",
    "OptimiserSettings",
    "ScheduleSettings",
    "TrainingRecipe",
    "TrainingSettings",
    "ValidationSettings",
    "check_name",
    "parse_recipe",
    "parse_settings",
    "parse_toml",
    "read_recipe",
    "read_recipe_of",
]

CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")
"""The classes of the UCADI classifier, in the order of its outputs."""
GRADES = ("I", "II", "III")
"""Severity of COVID-19, mild to severe."""
TASKS = ("diagnosis", "severity", "viral", "covid", "cleaner", "lesions", "lungs")
"""What may be told apart: `CLASSES`; `GRADES` of COVID-19; viral pneumonia or not; COVID-19 or another virus;
a slice fit for diagnosis or not; voxels of a lesion or none; voxels of the right lung, of the left or of none."""
LABELS = (*CLASSES, "tuberculosis", "nodule")
"""What a case of a cohort may be labelled; a model uses the cases of its own classes."""

Settings = TypeVar("Settings")


def _refuse(condition: bool, message: str) -> None:
    if condition:
        raise RecipeError(message)


@dataclass(frozen=True, kw_only=True)
class InputSettings:
    """How a study becomes the classifier's input."""

    window_low: int = -1200
    """HU; everything below becomes this."""
    window_high: int = 600
    """HU; everything above becomes this."""
    mean: float = -604.2288900583559
    """HU; subtracted after clipping."""
    std: float = 489.42172740885655
    """HU; divided by after the mean is subtracted."""
    size: int = 128
    """Rows and columns of a slice after resampling; a multiple of 4."""
    slices: int = 16
    """Slices in one subset; with interval = "every" the most slices that are seen. A multiple of 4."""
    subsets: int = 5
    """Subsets of a case whose probabilities are averaged; with interval = "every" there is 1."""
    field: str = "slice"
    """What is seen in plane: the whole "slice", or a square around the "lungs", which then fill it."""
    interval: str = "lung-extent"
    """How far apart the slices lie. "lung-extent": the number of lung slices over `slices`, from a random start.
    "every": each lung slice is taken, in order; of more than `slices` as many, evenly spread. For slice networks."""
    intensity: str = "hu"
    """What a training case's voxels may be: "hu", Hounsfield units only; "any", pictures of 256 grey levels too."""

    def __post_init__(self) -> None:
        _refuse(
            not -32768 <= self.window_low < self.window_high <= 32767,
            f"input: window {self.window_low}..{self.window_high} HU; need low < high, both int16",
        )
        _refuse(not self.std > 0, f"input: std = {self.std}; need a positive number of HU")
        _refuse(self.size < 8 or self.size % 4 != 0, f"input: size = {self.size}; need a multiple of 4, 8 or more")
        _refuse(self.slices < 4 or self.slices % 4 != 0, f"input: slices = {self.slices}; need a multiple of 4")
        _refuse(self.subsets < 1, f"input: subsets = {self.subsets}; need at least 1")
        _refuse(self.field not in ("slice", "lungs"), f'input: field = "{self.field}"; known are "slice" and "lungs"')
        _refuse(self.intensity not in ("hu", "any"), f'input: intensity = "{self.intensity}"; known are "hu" and "any"')
        rules = ("lung-extent", "every")
        _refuse(self.interval not in rules, f'input: interval = "{self.interval}"; known are {", ".join(rules)}')
        _refuse(
            self.interval == "every" and self.subsets != 1,
            f'input: interval = "every" with subsets = {self.subsets}; all slices are seen at once: set subsets = 1',
        )


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """Cross-entropy weighted by class."""

    weighting: str = "balanced"
    """ "equal"; "balanced": one over the class's share of the training cases; "given": `weights`."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """With "given", one positive number a class; only their ratios matter."""
    ordinal: float = 0.0
    """Weight of the squared earth mover's distance beside the cross-entropy, for classes that have an order."""
    lesions: float = 0.0
    """Weight of the loss that says where the lesions are, beside the one that says what they are; 0 is off."""

    def __post_init__(self) -> None:
        kinds = ("balanced", "equal", "given")
        _refuse(self.weighting not in kinds, f'loss: weighting = "{self.weighting}"; known are {", ".join(kinds)}')
        _refuse(
            (self.weighting == "given") != bool(self.weights),
            f'loss: weighting = "{self.weighting}" with {len(self.weights)} weights; '
            f'[loss.weights] goes with "given" and only with it',
        )
        bad = [f"{name} = {value}" for name, value in self.weights.items() if not 0 < value < float("inf")]
        _refuse(bool(bad), f"loss: weights must be positive, got {', '.join(bad)}")
        for name in ("ordinal", "lesions"):
            value = getattr(self, name)
            _refuse(not 0 <= value < float("inf"), f"loss: {name} = {value}; need 0 or more")


@dataclass(frozen=True, kw_only=True)
class OptimiserSettings:
    """How the weights follow the gradient."""

    kind: str = "sgd"
    """ "sgd": stochastic gradient descent with momentum, as the paper has it; "adamw": for few steps."""
    learning_rate: float = 0.01
    """The peak, reached at the end of the warm-up."""
    momentum: float = 0.9
    """Share of the last step that is kept; of sgd only."""
    weight_decay: float = 1e-4
    """On convolution and linear weights; never on biases and norms."""

    def __post_init__(self) -> None:
        kinds = ("sgd", "adamw")
        _refuse(self.kind not in kinds, f'optimiser: kind = "{self.kind}"; known are {", ".join(kinds)}')
        _refuse(not self.learning_rate > 0, f"optimiser: learning_rate = {self.learning_rate}; need a positive number")
        _refuse(not 0 <= self.momentum < 1, f"optimiser: momentum = {self.momentum}; need 0 <= momentum < 1")
        _refuse(not self.weight_decay >= 0, f"optimiser: weight_decay = {self.weight_decay}; need 0 or more")


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """Linear warm-up, then half a cosine down to zero; both by step."""

    epochs: int = 100
    """Passes over the training cases, warm-up included; each gives every case one random subset."""
    warmup_epochs: int = 5
    """Epochs over which the learning rate grows from zero to its peak."""

    def __post_init__(self) -> None:
        _refuse(self.epochs < 1, f"schedule: epochs = {self.epochs}; need at least 1")
        _refuse(
            not 0 <= self.warmup_epochs < self.epochs,
            f"schedule: warmup_epochs = {self.warmup_epochs} of {self.epochs}; need 0 <= warmup_epochs < epochs",
        )


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How steps are computed."""

    seed: int = 0
    """Draws the first weights, the order of the cases, the subsets and the augmentation."""
    batch: int = 16
    """Cases in one step of the optimiser."""
    microbatch: int = 0
    """Cases in memory at once, 0 for the whole batch. Gradients add up over a batch; batch norm sees one part."""
    precision: str = "float32"
    """ "float32" or "bfloat16" (mixed precision; weights and optimiser stay float32)."""

    def __post_init__(self) -> None:
        _refuse(self.seed < 0, f"training: seed = {self.seed}; need 0 or more")
        _refuse(self.batch < 2, f"training: batch = {self.batch}; need at least 2")
        _refuse(
            not 0 <= self.microbatch <= self.batch,
            f"training: microbatch = {self.microbatch}; need 0 (off) to batch = {self.batch}",
        )
        kinds = ("float32", "bfloat16")
        _refuse(self.precision not in kinds, f'training: precision = "{self.precision}"; known are {", ".join(kinds)}')


@dataclass(frozen=True, kw_only=True)
class AugmentationSettings:
    """Random changes to training slices; 0 is off. Never a flip: left and right differ in a chest."""

    shift: float = 0.0
    """Largest in-plane shift along each axis, as a share of the slice's width."""
    scale: float = 0.0
    """Largest relative change of in-plane size; 0.1 gives 0.9 to 1.1."""
    offset_hu: float = 0.0
    """Largest constant added to all voxels, HU."""
    noise_hu: float = 0.0
    """Largest standard deviation of white noise, HU."""

    def __post_init__(self) -> None:
        for name, top in (("shift", 0.5), ("scale", 0.5), ("offset_hu", 500), ("noise_hu", 500)):
            value = getattr(self, name)
            _refuse(not 0 <= value <= top, f"augmentation: {name} = {value}; need 0 to {top}")


@dataclass(frozen=True, kw_only=True)
class ValidationSettings:
    """When the validation cases are scored, and which weights are kept."""

    every: int = 1
    """Epochs between two scorings; the last epoch is always scored."""
    keep: str = "last"
    """ "last" epoch's weights, or those of the scored epoch with the "best" (lowest) validation loss."""

    def __post_init__(self) -> None:
        _refuse(self.every < 1, f"validation: every = {self.every}; need at least 1")
        _refuse(self.keep not in ("best", "last"), f'validation: keep = "{self.keep}"; known are best, last')


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """All that decides how a classifier is trained, except the cohort."""

    name: str
    """Name of the model that comes out."""
    task: str = "diagnosis"
    """What is told apart: "diagnosis", the four classes; "severity", grades I to III of COVID-19; "viral", viral
    pneumonia or not (DL1); "covid", COVID-19 or another viral pneumonia (DL2)."""
    architecture: str = "densenet3d"
    """A name in the model registry."""
    arguments: Mapping[str, int | float] = field(default_factory=dict)
    """The architecture's own arguments."""
    half: bool = True
    """Write convolution and linear weights as float16, which halves the model's size."""
    input: InputSettings = field(default_factory=InputSettings)
    """How a study becomes input."""
    loss: LossSettings = field(default_factory=LossSettings)
    """What is minimised."""
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    """How."""
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    """For how long."""
    training: TrainingSettings = field(default_factory=TrainingSettings)
    """On what batches, in what precision."""
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    """With what random changes."""
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    """Judged when."""

    def __post_init__(self) -> None:
        _refuse(self.task not in TASKS, f'task = "{self.task}"; known are {", ".join(TASKS)}')
        check_name(self.name)


def check_name(name: str) -> None:
    """Refuse a model's name that cannot be a folder's everywhere.

    Raises
    ------
    RecipeError
        If it has other characters than letters, digits, "-", "_" and ".", or begins with none of the first two.
    """
    allowed = name.replace("-", "").replace("_", "").replace(".", "")
    _refuse(
        not allowed.isalnum() or not name[0].isalnum() or not name.isascii(),
        f'name = "{name}"; need letters, digits, "-", "_" or ".", beginning with a letter or digit',
    )


def read_recipe(path: Path) -> TrainingRecipe:
    """Read a training recipe.

    Parameters
    ----------
    path : a TOML file

    Raises
    ------
    RecipeError
        If the file cannot be read, is not TOML, or holds an unknown key, a wrong type or a contradiction.
    """
    return read_recipe_of(path, parse_recipe)


def read_recipe_of(path: Path, parse: Callable[[str], Settings]) -> Settings:
    """Read a recipe of any kind; errors name the file.

    Parameters
    ----------
    path : a TOML file
    parse : takes its text

    Raises
    ------
    RecipeError
        If the file cannot be read, or `parse` refuses its text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}") from error
    try:
        return parse(text)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}") from error


def parse_recipe(text: str) -> TrainingRecipe:
    r"""Parse a training recipe.

    Parameters
    ----------
    text : TOML

    Raises
    ------
    RecipeError
        If it is not TOML, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> parse_recipe('name = "small"\n[input]\nsize = 64').input.size
    64
    """
    return parse_settings(TrainingRecipe, parse_toml(text))


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML; `RecipeError` where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"not TOML: {error}") from error


def parse_settings(kind: type[Settings], table: Mapping[str, Any], where: str = "") -> Settings:
    """Make a settings dataclass from a table; keys left out take their defaults.

    Parameters
    ----------
    kind : one of the settings dataclasses
    table : key -> scalar, or a table for a nested group
    where : dotted name of the table, for messages

    Raises
    ------
    RecipeError
        If a key is unknown or missing, a value has the wrong type, or the values contradict each other.
    """
    hints = get_type_hints(kind)
    fields = {entry.name: entry for entry in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - set(fields))
    if unknown:
        raise RecipeError(f"unknown key {_dotted(where, unknown[0])}; known are {', '.join(fields)}")
    values = {key: _convert(value, hints[key], _dotted(where, key)) for key, value in table.items()}
    for name, entry in fields.items():
        required = entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
        if required and name not in values:
            raise RecipeError(f"{_dotted(where, name)} is missing; it has no default")
    return kind(**values)


def _dotted(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _convert(value: Any, hint: Any, where: str) -> Any:
    if hint is Any:
        return value
    if getattr(hint, "__origin__", None) is tuple:
        if not isinstance(value, list | tuple):
            raise RecipeError(f"{where} = {value!r}; need a list")
        return tuple(_convert(entry, hint.__args__[0], where) for entry in value)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise RecipeError(f"{where} = {value!r}; need a table [{where}]")
        return parse_settings(hint, value, where)  # type: ignore[arg-type]
    if getattr(hint, "__origin__", None) is Mapping:
        if not isinstance(value, Mapping):
            raise RecipeError(f"{where} = {value!r}; need a table [{where}]")
        return {key: _convert(entry, hint.__args__[1], _dotted(where, key)) for key, entry in value.items()}
    if isinstance(value, bool) and hint is not bool:
        raise RecipeError(f"{where} = {str(value).lower()}; need {_words(hint)}")
    if hint is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, hint):
        raise RecipeError(f"{where} = {value!r}; need {_words(hint)}")
    return value


def _words(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", str: "a text in quotes", bool: "true or false"}
    return words.get(hint, "a number")

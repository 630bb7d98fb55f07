"""What a model says of itself: the text of `model.toml` in, a checked `Card` out, and back."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pleura.errors import ModelError, RecipeError
from pleura.models.toml_write import to_toml
from pleura.settings import TASKS, InputSettings, parse_settings

__all__ = ["FORMAT", "Card", "ReferenceFacts", "card_table", "card_to_toml", "parse_card"]

FORMAT = 1
"""Version of the model folder's layout."""


@dataclass(frozen=True, kw_only=True)
class ReferenceFacts:
    """What a card says of `reference.safetensors`, from which a case's novelty is measured."""

    sha256: str
    """Of the file, hexadecimal."""
    threshold: float
    """A case farther off than this is new to the model."""
    quantile: float
    """Share of cases like the held-out ones that the threshold is to let pass."""
    training: int
    """Cases that it was learned from, of those that the network was trained on or like them."""
    held_out: int
    """Cases that the threshold was chosen on."""
    summary: str
    """Which cases these are."""

    def __post_init__(self) -> None:
        digits = len(self.sha256) == 64 and set(self.sha256) <= set("0123456789abcdef")
        problems = (
            (not digits, f'sha256 = "{self.sha256}"; need 64 hexadecimal digits'),
            (not 0 < self.threshold < math.inf, f"threshold = {self.threshold}; need a positive number"),
            (not 0 < self.quantile < 1, f"quantile = {self.quantile}; need a number between 0 and 1"),
            (min(self.training, self.held_out) < 1, f"{self.training} and {self.held_out} cases; need some of both"),
        )
        for wrong, what in problems:
            if wrong:
                raise ModelError(f"model card: reference: {what}")


@dataclass(frozen=True, kw_only=True)
class Card:
    """All of a model but its weights."""

    name: str
    architecture: str
    """A name in the registry."""
    arguments: Mapping[str, int | float]
    """What the architecture's constructor takes."""
    classes: tuple[str, ...]
    """In the order of the network's outputs."""
    input: InputSettings
    """How a study becomes input."""
    licence: str
    """SPDX name."""
    training: Mapping[str, Any]
    """The training data: `synthetic` (true or false), `summary` (a sentence), and what else is known."""
    task: str = "diagnosis"
    """What the classes are: a name in `pleura.settings.TASKS`."""
    temperature: float = 1.0
    """Logits are divided by this before the softmax."""
    thresholds: Mapping[str, float] = field(default_factory=lambda: {"answer": 0.5})
    """`answer`: from this probability on the most probable class is the answer; below it, none is."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """`summary` (a sentence) and the numbers, in tables named for what they were measured on."""
    parent: str = ""
    """Id of the model whose weights training began with; empty for fresh weights."""
    description: str = ""
    """A sentence or two for the reader of a report."""
    reference: ReferenceFacts | None = None
    """Of the third file; None for a model without one, whose cases' novelty is not measured."""

    def __post_init__(self) -> None:
        problems = (
            (not self.name, "name is empty"),
            (self.task not in TASKS, f'task = "{self.task}"; known are {", ".join(TASKS)}'),
            (set(self.thresholds) != {"answer"}, f"thresholds = {dict(self.thresholds)}; need answer, and only it"),
            (len(self.classes) < 2, f"classes = {list(self.classes)}; need at least two"),
            (len(set(self.classes)) < len(self.classes), f"classes = {list(self.classes)}; one is there twice"),
            (
                self.arguments.get("classes") != len(self.classes),
                f"{len(self.classes)} classes are named, but arguments.classes = {self.arguments.get('classes')}",
            ),
            (not 0 < self.temperature < math.inf, f"temperature = {self.temperature}; need a positive number"),
            (
                not all(0 <= value <= 1 for value in self.thresholds.values()),
                f"thresholds = {dict(self.thresholds)}; need probabilities",
            ),
            (not isinstance(self.training.get("synthetic"), bool), "training.synthetic must be true or false"),
            (not isinstance(self.training.get("summary"), str), "training.summary must be a text"),
        )
        for wrong, what in problems:
            if wrong:
                raise ModelError(f"model card: {what}")

    @property
    def synthetic(self) -> bool:
        """Whether the model was trained on synthetic data only."""
        return bool(self.training["synthetic"])


def card_to_toml(card: Card) -> str:
    """Write a card as `model.toml`."""
    table: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(card)}
    table["calibration"] = {"temperature": table.pop("temperature")}
    if table["reference"] is None:
        del table["reference"]
    return to_toml(table)


def card_table(text: str) -> dict[str, Any]:
    """Read the table of any model's `model.toml`, without its format.

    Raises
    ------
    ModelError
        If the text is not TOML or of another format version.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"model.toml is not TOML: {error}") from error
    if table.pop("format", None) != FORMAT:
        raise ModelError(f"model.toml is not of format {FORMAT}; this version reads no other")
    return table


def parse_card(text: str) -> Card:
    """Read a card.

    Raises
    ------
    ModelError
        If the text is not TOML, of another format version, or a key is missing, unknown or of the wrong type.
    """
    table = card_table(text)
    calibration = table.pop("calibration", {})
    if not isinstance(calibration, dict) or set(calibration) - {"temperature"}:
        raise ModelError(f"model.toml: calibration = {calibration!r}; need a table with temperature")
    table.update(calibration)
    reference = table.pop("reference", None)
    if not isinstance(reference, dict | None):
        raise ModelError(f"model.toml: reference = {reference!r}; need a table")
    try:
        facts = None if reference is None else parse_settings(ReferenceFacts, reference, "reference")
        return dataclasses.replace(parse_settings(Card, table), reference=facts)
    except RecipeError as error:
        raise ModelError(f"model.toml: {error}") from error

"""What a clinical model says of itself: the text of its `model.toml` in, a checked card out, and back."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pleura.errors import ModelError, RecipeError
from pleura.models.card import FORMAT, card_table
from pleura.models.clinical_svm.fusion import RULES
from pleura.models.clinical_svm.machine import KERNELS
from pleura.models.toml_write import to_toml
from pleura.settings import parse_settings

__all__ = ["TASK", "ClinicalCard", "clinical_card_to_toml", "parse_clinical_card"]

TASK = "clinical"
"""What `task` says in the card of a clinical model."""


@dataclass(frozen=True, kw_only=True)
class ClinicalCard:
    """All of a clinical model but its arrays."""

    name: str
    kernel: str
    arguments: Mapping[str, int | float]
    """cost, and what the kernel has: gamma, degree, offset."""
    classes: tuple[str, ...]
    """The other disease, then the one whose probability is given."""
    schema: Mapping[str, Any]
    """Of the clinical table, as its TOML holds it."""
    licence: str
    """SPDX name."""
    training: Mapping[str, Any]
    """`synthetic` (true or false), `summary` (a sentence), and what else is known."""
    task: str = TASK
    fusion: str = ""
    """Rule by which CT and clinical data become one answer; empty where the model was trained without CT scores."""
    ct_model: str = ""
    """What gave the CT scores; the fusion holds for no other."""
    importance: Mapping[str, float] = field(default_factory=dict)
    """By how much the AUC falls on cases not trained on when a feature's values are shuffled among them."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """`summary` (a sentence) and the numbers."""
    description: str = ""

    def __post_init__(self) -> None:
        names = self.schema.get("features", {})
        problems = (
            (not self.name, "name is empty"),
            (self.task != TASK, f'task = "{self.task}"; need "{TASK}"'),
            (self.kernel not in KERNELS, f'kernel = "{self.kernel}"; known are {", ".join(KERNELS)}'),
            (self.fusion not in ("", *RULES), f'fusion = "{self.fusion}"; known are {", ".join(RULES)}, or nothing'),
            (len(set(self.classes)) != 2, f"classes = {list(self.classes)}; need two"),
            (not names, "schema.features is missing"),
            (bool(set(self.importance) - set(names)), "importance names a feature that the schema does not have"),
            (not isinstance(self.training.get("synthetic"), bool), "training.synthetic must be true or false"),
            (not isinstance(self.training.get("summary"), str), "training.summary must be a text"),
        )
        for wrong, what in problems:
            if wrong:
                raise ModelError(f"clinical model card: {what}")

    @property
    def architecture(self) -> str:
        """What the model is, in words."""
        return f"support vector machine, {self.kernel} kernel"

    @property
    def synthetic(self) -> bool:
        """Whether the model was trained on synthetic data only."""
        return bool(self.training["synthetic"])


def clinical_card_to_toml(card: ClinicalCard) -> str:
    """Write a card as `model.toml`."""
    return to_toml({"format": FORMAT, **dataclasses.asdict(card)})


def parse_clinical_card(text: str) -> ClinicalCard:
    """Read a card.

    Raises
    ------
    ModelError
        If the text is not TOML, of another format version, or a key is missing, unknown or of the wrong type.
    """
    table = card_table(text)
    if table.get("task") != TASK:
        raise ModelError(f'model.toml has task = "{table.get("task", "")}"; need a clinical model, task = "{TASK}"')
    try:
        return parse_settings(ClinicalCard, table)
    except RecipeError as error:
        raise ModelError(f"model.toml: {error}") from error

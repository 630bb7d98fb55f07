"""The names of models in, the chain of models that makes one diagnosis out; a step without a model is left out."""

from dataclasses import dataclass

from pleura.errors import ModelError
from pleura.models.card import Card
from pleura.models.files import Model, load_model

__all__ = ["LEFT_OUT", "Chain", "load_chain"]

LEFT_OUT = "none"
"""In place of a model's name: go without that step."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Chain:
    """The models of a diagnosis, in the order in which they are asked.

    Raises
    ------
    ModelError
        If a model is for another task than its place is.
    """

    classifier: Model
    """UCADI's four classes, or fewer of them."""
    severity: Model | None = None
    """Grades COVID-19 where it is the most probable class."""

    def __post_init__(self) -> None:
        for model, task in ((self.classifier, "diagnosis"), (self.severity, "severity")):
            if model is not None and model.card.task != task:
                raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for {task}")

    @property
    def cards(self) -> tuple[Card, ...]:
        """What the models say of themselves."""
        return tuple(model.card for model in (self.classifier, self.severity) if model is not None)


def load_chain(classifier: str = "ucadi-synthetic", *, severity: str = "severity-synthetic") -> Chain:
    """Load the models of a diagnosis.

    Parameters
    ----------
    classifier, severity : paths or names as for `pleura.models.files.load_model`; for all but the first also "none"

    Raises
    ------
    ModelError
        If one cannot be loaded or is for another task.
    """
    return Chain(classifier=load_model(classifier), severity=None if severity == LEFT_OUT else load_model(severity))

"""The names of models in, the chain of models that makes one diagnosis out; a step without a model is left out."""

from dataclasses import dataclass

from pleura.diagnosis.stepwise import Stepwise
from pleura.diagnosis.stepwise_files import load_stepwise
from pleura.errors import ModelError
from pleura.models.clinical_svm.files import ClinicalModel, load_clinical_model
from pleura.models.files import Model, load_model
from pleura.settings import InputSettings

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

    cleaner: Model | None = None
    """Says which slices are fit for diagnosis (CoviDet)."""
    classifier: Model
    """UCADI's four classes, or fewer of them."""
    severity: Model | None = None
    """Grades COVID-19 where it is the most probable class (UCADI)."""
    stepwise: Stepwise | None = None
    """Viral or not, then which virus (CoviDet's DL1 and DL2)."""
    clinical: ClinicalModel | None = None
    """Clinical data, alone and with the second step's answer (CoviDet's DL3)."""

    def __post_init__(self) -> None:
        places = ((self.cleaner, "cleaner"), (self.classifier, "diagnosis"), (self.severity, "severity"))
        for model, task in places:
            if model is not None and model.card.task != task:
                raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for {task}")

        if self.stepwise is not None and self.clinical is not None and self.clinical.card.fusion:
            given_by, dl2 = self.clinical.card.ct_model, self.stepwise.dl2
            if given_by.split()[-1:] != [dl2.id]:
                raise ModelError(
                    f"{self.clinical.card.name} fuses clinical data with the answer of "
                    f"{given_by or 'an unnamed model'}; the second step here is {dl2.card.name} {dl2.id}: train dl3 "
                    "with its scores, or go without one of them"
                )

    @property
    def inputs(self) -> tuple[InputSettings, ...]:
        """What each model that sees the study takes."""
        steps = () if self.stepwise is None else (self.stepwise.dl1, self.stepwise.dl2)
        models = (self.cleaner, self.classifier, self.severity, *steps)
        return tuple(model.card.input for model in models if model is not None)


def load_chain(
    classifier: str = "ucadi-synthetic",
    *,
    cleaner: str = "cleaner-synthetic",
    severity: str = "severity-synthetic",
    stepwise: str = "stepwise-synthetic",
    clinical: str = LEFT_OUT,
) -> Chain:
    """Load the models of a diagnosis.

    Parameters
    ----------
    classifier, cleaner, severity, stepwise, clinical : paths or names; for all but the first also "none"

    Raises
    ------
    ModelError
        If one cannot be loaded or is for another task.
    """
    return Chain(
        cleaner=None if cleaner == LEFT_OUT else load_model(cleaner),
        classifier=load_model(classifier),
        severity=None if severity == LEFT_OUT else load_model(severity),
        stepwise=None if stepwise == LEFT_OUT else load_stepwise(stepwise),
        clinical=None if clinical == LEFT_OUT else load_clinical_model(clinical),
    )

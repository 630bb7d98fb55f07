"""The names of models in, the chain of models that makes one diagnosis out; a step without a model is left out."""

from dataclasses import dataclass

from pleura.diagnosis.default_lungs import DEFAULT_LUNGS
from pleura.diagnosis.steps import EVERYTHING, StepChoice
from pleura.diagnosis.stepwise import Stepwise
from pleura.diagnosis.stepwise_files import load_stepwise
from pleura.errors import ModelError
from pleura.models.clinical_svm.files import ClinicalModel, load_clinical_model
from pleura.models.files import Model, SegmentationModel, load_model, load_segmenter
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
    classifier: Model | None = None
    """UCADI's four classes, or fewer of them."""
    severity: Model | None = None
    """Grades COVID-19 where it is the most probable class (UCADI)."""
    stepwise: Stepwise | None = None
    """Viral or not, then which virus (CoviDet's DL1 and DL2)."""
    clinical: ClinicalModel | None = None
    """Clinical data, alone and with the second step's answer (CoviDet's DL3)."""
    lesions: SegmentationModel | None = None
    """Marks lesions in the lungs (CoviDet's DL4)."""
    lungs: SegmentationModel | None = None
    """Finds the lungs; None finds them by HU and geometry."""

    def __post_init__(self) -> None:
        places: tuple[tuple[Model | SegmentationModel | None, str], ...] = (
            (self.cleaner, "cleaner"),
            (self.classifier, "diagnosis"),
            (self.severity, "severity"),
            (self.lesions, "lesions"),
            (self.lungs, "lungs"),
        )
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
    def absent(self) -> dict[str, str]:
        """The steps that this chain has no model for, each with what is lacking."""
        models: dict[str, tuple[object, str]] = {
            "clean": (self.cleaner, "a slice cleaner"),
            "four-class": (self.classifier, "a model for four classes"),
            "dl1": (self.stepwise, "a stepwise diagnosis"),
            "dl2": (self.stepwise, "a stepwise diagnosis"),
            "stepwise": (self.stepwise, "a stepwise diagnosis"),
            "dl3": (self.clinical, "clinical data with a model for them"),
            "lesions": (self.lesions, "a model for lesions"),
            "severity": (self.severity, "a model that grades"),
        }
        return {step: f"{lacking} was not given" for step, (model, lacking) in models.items() if model is None}

    @property
    def inputs(self) -> tuple[InputSettings, ...]:
        """What each model that sees the study takes."""
        steps = () if self.stepwise is None else (self.stepwise.dl1, self.stepwise.dl2)
        models = (self.cleaner, self.classifier, self.severity, *steps, self.lesions, self.lungs)
        return tuple(model.card.input for model in models if model is not None)


def load_chain(
    classifier: str = "ucadi-synthetic",
    *,
    cleaner: str = "cleaner-synthetic",
    severity: str = "severity-synthetic",
    stepwise: str = "stepwise-synthetic",
    clinical: str = LEFT_OUT,
    lesions: str = "lesions-synthetic",
    lungs: str = DEFAULT_LUNGS,
    steps: StepChoice = EVERYTHING,
) -> Chain:
    """Load the models of a diagnosis.

    Parameters
    ----------
    classifier, cleaner, severity, stepwise, clinical, lesions : paths or names, or "none"
    lungs : likewise; "none" finds the lungs by HU and geometry
    steps : a model that serves only steps that are left out is not loaded

    Raises
    ------
    ModelError
        If one cannot be loaded or is for another task.
    """

    def wanted(model: str, *served: str) -> bool:
        return model != LEFT_OUT and any(steps.asks(step) for step in served)

    return Chain(
        cleaner=load_model(cleaner) if wanted(cleaner, "clean") else None,
        classifier=load_model(classifier) if wanted(classifier, "four-class") else None,
        severity=load_model(severity) if wanted(severity, "severity") else None,
        stepwise=load_stepwise(stepwise) if wanted(stepwise, "dl1", "dl2", "stepwise") else None,
        clinical=load_clinical_model(clinical) if wanted(clinical, "dl3") else None,
        lesions=load_segmenter(lesions) if wanted(lesions, "lesions") else None,
        lungs=None if lungs == LEFT_OUT else load_segmenter(lungs),
    )

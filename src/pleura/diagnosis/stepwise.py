"""A volume with its lungs and two models in; how probable COVID-19 is against everything else out (CoviDet).

The first model (DL1) says whether a scan shows viral pneumonia, the second (DL2) whether viral pneumonia is COVID-19:
P(COVID-19) = P(viral) x P(COVID-19 | viral). A stepwise diagnosis is these two models and two cut-offs; how it is kept
on disk is in `pleura.diagnosis.stepwise_files`.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.compose import model_info
from pleura.diagnosis.prepared import PreparedSlices
from pleura.diagnosis.report import StepwiseDiagnosis
from pleura.diagnosis.slice_network import Opinion, ask_slice_network
from pleura.errors import ModelError
from pleura.imaging.field import Field
from pleura.imaging.volume import Volume
from pleura.models.files import Model
from pleura.models.predict import Prediction

__all__ = [
    "COVID",
    "NOT_VIRAL",
    "OTHER_VIRAL",
    "RULE",
    "CutOffChoice",
    "Stepwise",
    "StepwiseResult",
    "classify_stepwise",
    "combine",
    "stepwise_diagnosis",
]

Answer = Literal["covid-19", "other-viral", "not-viral"]
COVID: Final = "covid-19"
OTHER_VIRAL: Final = "other-viral"
NOT_VIRAL: Final = "not-viral"
VIRAL = "viral"
RULE = (
    "covid-19 where P(viral) x P(covid-19 | viral) reaches its cut-off; else other-viral where P(viral) reaches its "
    "own cut-off; else not-viral"
)
"""How the answer follows from the probabilities."""


@dataclass(frozen=True, kw_only=True)
class CutOffChoice:
    """A cut-off, and what it gave on the cases it was chosen on, where it looks better than it is."""

    threshold: float
    """From this probability on."""
    sensitivity: float
    specificity: float
    positives: int
    negatives: int
    zone: tuple[float, ...] = ()
    """From and to which probability the case is too near to decide; none where it is empty."""

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ModelError(f"a cut-off of {self.threshold}; need a probability")
        if self.zone and not (len(self.zone) == 2 and 0 <= self.zone[0] <= self.threshold <= self.zone[1] <= 1):
            raise ModelError(
                f"a grey zone of {list(self.zone)} around a cut-off of {self.threshold}; need two probabilities with "
                "the cut-off between them, or none"
            )

    @property
    def grey(self) -> tuple[float, float] | None:
        """The zone; None where there is none."""
        return (self.zone[0], self.zone[1]) if self.zone else None


@dataclass(frozen=True, eq=False, kw_only=True)
class Stepwise:
    """Two models and the cut-offs that turn their probabilities into an answer.

    Raises
    ------
    ModelError
        If a model is for another task than its place is.
    """

    name: str
    dl1: Model
    """Viral pneumonia or not."""
    dl2: Model
    """COVID-19 or another viral pneumonia."""
    viral: CutOffChoice
    """Of P(viral)."""
    covid: CutOffChoice
    """Of the product."""
    rule: str
    """How the cut-offs were chosen."""
    chosen_on: str
    """On which cases: never on those that the diagnosis is judged on."""
    date: str
    """When; ISO 8601."""

    def __post_init__(self) -> None:
        for model, task in ((self.dl1, "viral"), (self.dl2, "covid")):
            if model.card.task != task:
                raise ModelError(f"model {model.card.name} is for {model.card.task}; give one for {task}")

    def answer(self, viral: float, covid_given_viral: float) -> Answer:
        """Give the answer for two probabilities, by `RULE`."""
        if viral * covid_given_viral >= self.covid.threshold:
            return COVID
        return OTHER_VIRAL if viral >= self.viral.threshold else NOT_VIRAL


@dataclass(frozen=True, eq=False, kw_only=True)
class StepwiseResult:
    """What a stepwise diagnosis says of a scan."""

    viral: float
    """P(viral)."""
    covid_given_viral: float
    """P(COVID-19 | viral)."""
    answer: Answer
    dl1: Prediction
    dl2: Prediction
    """Their `subsets` are slices of the volume, counted from the feet from 0."""
    fields: tuple[Field, Field]
    """What the slices of each showed."""
    left_out: int
    """Lung slices that neither model was shown."""

    @property
    def covid(self) -> float:
        """P(COVID-19), against everything else."""
        return self.viral * self.covid_given_viral


def classify_stepwise(
    stepwise: Stepwise,
    volume: Volume,
    lungs: npt.NDArray[np.uint8],
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
) -> StepwiseResult:
    """Show the lung slices to both models, and multiply. Nothing is drawn: the same scan gives the same answer.

    Parameters
    ----------
    stepwise : as loaded
    volume : the study
    lungs : 0 outside, 1 right lung, 2 left lung, on the volume's grid
    left_out : (z,), slices that are not to be shown, such as those a cleaner finds unfit; none by default
    device : where to compute

    Raises
    ------
    GeometryError
        If fewer than 8 lung slices remain, or `left_out` is not of the volume's length.
    NoLungsError
        If there are no lungs.
    """
    slices = PreparedSlices(volume, lungs)
    dl1, dl2 = (
        ask_slice_network(model, slices, left_out=left_out, device=device) for model in (stepwise.dl1, stepwise.dl2)
    )
    return combine(stepwise, dl1, dl2)


def combine(stepwise: Stepwise, dl1: Opinion, dl2: Opinion) -> StepwiseResult:
    """Multiply what the two models said of one scan, and answer.

    Parameters
    ----------
    stepwise : whose models gave the opinions
    dl1, dl2 : of the first and the second model
    """
    viral, given = dl1.probability(VIRAL), dl2.probability(COVID)
    return StepwiseResult(
        viral=viral,
        covid_given_viral=given,
        answer=stepwise.answer(viral, given),
        dl1=dl1.prediction,
        dl2=dl2.prediction,
        fields=(dl1.field, dl2.field),
        left_out=dl1.left_out,
    )


def stepwise_diagnosis(stepwise: Stepwise, result: StepwiseResult) -> StepwiseDiagnosis:
    """Give the report's part."""
    return StepwiseDiagnosis(
        name=stepwise.name,
        viral=result.viral,
        covid_given_viral=result.covid_given_viral,
        covid=result.covid,
        answer=result.answer,
        rule=RULE,
        viral_cut_off=stepwise.viral.threshold,
        covid_cut_off=stepwise.covid.threshold,
        viral_zone=stepwise.viral.grey,
        covid_zone=stepwise.covid.grey,
        cut_offs_from=f"{stepwise.rule}, {stepwise.chosen_on}, {stepwise.date}",
        slices_seen=len(result.dl1.subsets[0]),
        slices_left_out=result.left_out,
        models=(model_info(stepwise.dl1), model_info(stepwise.dl2)),
    )

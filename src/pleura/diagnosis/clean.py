"""A volume and a slice cleaner in; which slices are fit for diagnosis, why the others are not, and a verdict, out."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from pleura.data.faults.kinds import CLEANER_TASK, FIT
from pleura.diagnosis.compose import model_info
from pleura.diagnosis.report import ModelInfo, SliceCleaning
from pleura.errors import ModelError, StudyError
from pleura.imaging.lungs import lung_slices
from pleura.imaging.volume import Volume
from pleura.models.files import Model
from pleura.models.predict import refuse_no_numbers
from pleura.models.slice_scores import score_slices, small_slices

__all__ = [
    "LEAST_SHARE",
    "LEAST_SLICES",
    "CleanedSlices",
    "CleanedStudy",
    "clean_slices",
    "clean_study",
    "refuse_unfit",
    "slice_cleaning",
]

LEAST_SLICES = 8
"""Fit slices within the lungs below which a study is refused: the classifiers take no fewer."""
LEAST_SHARE = 1 / 3
"""Fit share of the slices within the lungs below which a study is flagged."""
RULE = (
    f"A study with fewer than {LEAST_SLICES} fit slices within the lungs is refused; "
    "with less than a third of the slices within the lungs fit, it is flagged."
)


@dataclass(frozen=True, eq=False)
class CleanedSlices:
    """What a cleaner says of each slice of a volume, each judged on its own.

    Nothing is smoothed along the slices: a patient coughs for a slice or two, and its neighbours are no less fit.
    """

    classes: tuple[str, ...]
    """"fit", then the reasons against."""
    probabilities: npt.NDArray[np.float64]
    """(z, classes); each row sums to 1."""
    cutoff: float
    """A slice is kept from this P(fit) on."""

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Whether each slice is kept, (z,)."""
        return np.asarray(self.probabilities[:, self.classes.index(FIT)] >= self.cutoff)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Of each slice that is not kept the most probable class but "fit"; "" for those that are."""
        others = self.probabilities.copy()
        others[:, self.classes.index(FIT)] = -1.0
        return tuple(
            "" if kept else self.classes[int(worst)]
            for kept, worst in zip(self.kept, others.argmax(axis=1), strict=True)
        )


def clean_slices(model: Model, volume: Volume, *, device: str | torch.device = "cpu") -> CleanedSlices:
    """Judge every slice of a volume.

    Parameters
    ----------
    model : a slice cleaner
    volume : of any number of slices
    device : where to compute

    Raises
    ------
    ModelError
        If the model is for something else, or its network gives no numbers.
    """
    card = model.card
    if card.task != CLEANER_TASK or FIT not in card.classes:
        raise ModelError(f"model {card.name} is for {card.task}; give one for {CLEANER_TASK}")
    probabilities = score_slices(
        model.network.to(device),
        card.input,
        small_slices(volume.hu, card.input),
        temperature=card.temperature,
        device=device,
    )
    refuse_no_numbers(probabilities, card.name)
    return CleanedSlices(classes=card.classes, probabilities=probabilities, cutoff=card.thresholds["answer"])


@dataclass(frozen=True, eq=False)
class CleanedStudy:
    """What a cleaner says of each slice, and of the study."""

    slices: CleanedSlices
    part: SliceCleaning
    """Of the report."""


def clean_study(
    model: Model, volume: Volume, lungs: npt.NDArray[np.uint8], *, device: str | torch.device = "cpu"
) -> CleanedStudy:
    """Judge every slice of a volume, and the study by those within the lungs; for errors see the two functions.

    Parameters
    ----------
    model : a slice cleaner
    volume : the study
    lungs : 0 outside, on the same grid
    device : where to compute
    """
    cleaned = clean_slices(model, volume, device=device)
    return CleanedStudy(cleaned, slice_cleaning(cleaned, lungs, model_info(model)))


def slice_cleaning(cleaned: CleanedSlices, lungs: npt.NDArray[np.uint8], model: ModelInfo) -> SliceCleaning:
    """Give the report's part on cleaning, with the verdict on the study.

    Parameters
    ----------
    cleaned : of the study's volume
    lungs : 0 outside, on the same grid
    model : the cleaner

    Raises
    ------
    ModelError
        If the two are not of the same number of slices.
    NoLungsError
        If the mask is empty.
    """
    kept, reasons = cleaned.kept, cleaned.reasons
    if len(kept) != len(lungs):
        raise ModelError(
            f"{len(kept)} slices were cleaned, but the lung mask has {len(lungs)}; give both of one volume"
        )
    extent = lung_slices(lungs)
    within, fit = extent.stop - extent.start, int(kept[extent].sum())
    if fit < LEAST_SLICES:
        verdict: Literal["fit", "flagged", "refused"] = "refused"
    elif fit < LEAST_SHARE * within:
        verdict = "flagged"
    else:
        verdict = "fit"
    counted = Counter(reason for reason in reasons if reason)
    return SliceCleaning(
        total=len(kept),
        kept=int(kept.sum()),
        lung_slices=within,
        kept_in_lungs=fit,
        reasons={name: counted[name] for name in cleaned.classes if counted[name]},
        slice_reasons=reasons,
        cutoff=cleaned.cutoff,
        verdict=verdict,
        rule=RULE,
        note=_in_words(fit, within, Counter(reason for reason in reasons[extent] if reason), verdict),
        model=model,
    )


def refuse_unfit(part: SliceCleaning) -> None:
    """Refuse a study that has too few fit slices.

    Raises
    ------
    StudyError
        If the verdict is "refused".
    """
    if part.verdict == "refused":
        raise StudyError(f"{part.note} Choose another series, or go without the slice cleaner.")


def _in_words(fit: int, within: int, against: Counter[str], verdict: str) -> str:
    """Say how many slices within the lungs are fit, what is wrong with the rest, and what follows."""
    said = f"{fit} of {within} slices within the lungs are fit for diagnosis"
    if against:
        said += f"; the others: {', '.join(f'{name} ({count})' for name, count in against.most_common())}"
    follows = {
        "refused": f" Too few: at least {LEAST_SLICES} are needed.",
        "flagged": " Less than a third: the answer rests on a small part of the lungs.",
        "fit": "",
    }
    return f"{said}.{follows[verdict]}"

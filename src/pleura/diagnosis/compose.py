"""What the steps of a diagnosis gave in, the parts of the report out."""

import numpy as np
import numpy.typing as npt

from pleura.diagnosis.explain import share_inside
from pleura.diagnosis.report import Classification, Explanation, ModelInfo, SeriesInfo, Severity, StudyInfo
from pleura.imaging.study import Study
from pleura.imaging.volume import Volume
from pleura.models.card import Card
from pleura.models.clinical_svm.files import ClinicalModel
from pleura.models.files import Model, SegmentationModel
from pleura.models.predict import Prediction

__all__ = [
    "UNDETERMINED",
    "agreement",
    "answer_of",
    "classification",
    "explanation",
    "model_info",
    "series_infos",
    "severity",
    "study_info",
    "warnings_of",
]

UNDETERMINED = "undetermined"
"""The answer where no class reaches the model's threshold."""
_VIRAL = ("covid-19", "other-viral")
"""The classes that the two steps tell apart too."""


def answer_of(prediction: Prediction, card: Card) -> str:
    """Name the most probable class, or say that none reaches the model's threshold."""
    top = int(prediction.mean.argmax())
    return card.classes[top] if prediction.mean[top] >= card.thresholds["answer"] else UNDETERMINED


def classification(prediction: Prediction, card: Card, offset: int) -> Classification:
    """Give probabilities and answer; `offset` is the volume's slice of the first prepared one."""
    top = int(prediction.mean.argmax())
    threshold = card.thresholds["answer"]
    return Classification(
        classes=card.classes,
        probabilities=tuple(map(float, prediction.mean)),
        subset_probabilities=tuple(tuple(map(float, row)) for row in prediction.probabilities),
        subset_slices=tuple(tuple(int(k) + offset for k in row) for row in prediction.subsets),
        top_class=card.classes[top],
        answer=answer_of(prediction, card),
        threshold=threshold,
    )


def severity(prediction: Prediction, model: Model, answer: str) -> Severity:
    """Give the grade; `answer` is the diagnosis, "undetermined" where it is not sure."""
    return Severity(
        grades=model.card.classes,
        probabilities=tuple(map(float, prediction.mean)),
        grade=model.card.classes[int(prediction.mean.argmax())],
        note="The diagnosis itself is undetermined: a grade as if it were COVID-19." if answer == UNDETERMINED else "",
        model=model_info(model),
    )


def explanation(heat: npt.NDArray[np.uint8], lungs: npt.NDArray[np.uint8], volume: Volume, target: str) -> Explanation:
    """Say where a heat map lies; it and the lungs are (z, y, x) on the volume's grid."""
    share = share_inside(heat, lungs > 0)
    method = "Grad-CAM at the last feature maps, mean over the slice subsets"
    if share is None:
        return Explanation(
            method=method,
            target_class=target,
            share_in_lungs=None,
            peak_slice=None,
            peak_lps_mm=None,
            peak_side=None,
            note="No position speaks for this class: the map is empty.",
        )
    z, y, x = (int(index) for index in np.unravel_index(int(heat.argmax()), heat.shape))
    left, back, up = (float(mm) for mm in (volume.affine @ (z, y, x, 1))[:3])
    return Explanation(
        method=method,
        target_class=target,
        share_in_lungs=share,
        peak_slice=z,
        peak_lps_mm=(round(left, 1), round(back, 1), round(up, 1)),
        peak_side=("outside the lungs", "right lung", "left lung")[int(lungs[z, y, x])],
        note="The peak lies outside the lungs: read this answer with suspicion." if lungs[z, y, x] == 0 else "",
    )


def warnings_of(*models: ModelInfo) -> tuple[str, ...]:
    """Say what a reader of these models' answers must not miss."""
    if any(model.synthetic_training_data for model in models):
        return ("Synthetic training data: this model has seen no patient. Its answers say nothing about one.",)
    return ()


def agreement(four: str, steps: str) -> str:
    """Say whether the answer of the four classes and that of the two steps agree.

    Parameters
    ----------
    four : a class, or `UNDETERMINED`
    steps : "covid-19", "other-viral" or "not-viral"

    Examples
    --------
    >>> agreement("bacterial", "not-viral")
    'Four classes and two steps agree.'
    >>> agreement("covid-19", "not-viral")
    'Four classes and two steps disagree: covid-19 by the one, not-viral by the other. Read both with suspicion.'
    """
    if four == UNDETERMINED:
        return f"Four classes gave no answer; two steps say {steps}."
    seen = four if four in _VIRAL else "not-viral"
    if seen == steps:
        return "Four classes and two steps agree."
    return f"Four classes and two steps disagree: {four} by the one, {steps} by the other. Read both with suspicion."


def study_info(volume: Volume) -> StudyInfo:
    """Describe what was read."""
    source = volume.source
    return StudyInfo(
        format=source.format,
        patient_id=source.patient_id,
        study_date=source.study_date,
        study_uid=source.study_uid,
        series_uid=source.series_uid,
        series_description=source.series_description,
        manufacturer=source.manufacturer,
        scanner=source.scanner,
        kernel=source.kernel,
        shape=volume.shape,
        spacing_mm=volume.spacing,
        sha256=source.sha256,
    )


def series_infos(study: Study) -> tuple[SeriesInfo, ...]:
    """List the study's series, used or not, with the reasons."""
    return tuple(
        SeriesInfo(
            series_uid=candidate.series_uid,
            description=candidate.summary,
            chosen=candidate.chosen,
            reasons=candidate.reasons,
        )
        for candidate in study.candidates
    )


def model_info(model: Model | SegmentationModel | ClinicalModel) -> ModelInfo:
    """Describe the model from its card."""
    card = model.card
    return ModelInfo(
        name=card.name,
        id=model.id,
        architecture=card.architecture,
        licence=card.licence,
        synthetic_training_data=card.synthetic,
        training_data=str(card.training.get("summary", card.description)),
        performance=str(card.metrics.get("summary", "Not measured.")),
    )

"""A name or path in; the model of whatever kind that is there, and the text of its card, out."""

import tomllib
from pathlib import Path

from pleura.errors import ModelError
from pleura.models.card import card_to_toml
from pleura.models.clinical_svm.card import TASK, clinical_card_to_toml
from pleura.models.clinical_svm.files import ClinicalModel, load_clinical_model
from pleura.models.files import CARD, Model, SegmentationModel, find_model, load_model, load_segmenter
from pleura.models.segmenter import SEGMENTS

__all__ = ["card_text", "load_any_model"]


def load_any_model(reference: str | Path) -> Model | SegmentationModel | ClinicalModel:
    """Load a classifier, a segmentation network or a clinical model, as its card says.

    Parameters
    ----------
    reference : as in `pleura.models.files.find_model`

    Raises
    ------
    ModelError
        If it is not found, its card cannot be read, or it cannot be loaded.
    """
    path = find_model(reference)
    try:
        task = tomllib.loads((path / CARD).read_text(encoding="utf-8")).get("task")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"cannot read {path / CARD}: {error}; is {path} a whole model?") from error
    if task == TASK:
        return load_clinical_model(path)
    return load_segmenter(path) if task in SEGMENTS else load_model(path)


def card_text(model: Model | SegmentationModel | ClinicalModel) -> str:
    """Write a model's card as its `model.toml` has it."""
    return clinical_card_to_toml(model.card) if isinstance(model, ClinicalModel) else card_to_toml(model.card)

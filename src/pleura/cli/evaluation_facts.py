"""A model in; what the reporting checklists are told of it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pleura.data.cohort import Cohort
    from pleura.evaluation.checklists.facts import ModelFacts
    from pleura.models.files import Model, SegmentationModel

__all__ = ["facts_of_model"]


def facts_of_model(model: Model | SegmentationModel, cohort: Cohort) -> ModelFacts:
    """Say what a model is, from its card.

    Hospitals are taken for the same only where the card names this very cohort: made-up hospitals of two cohorts bear
    the same names.

    Parameters
    ----------
    model : as loaded
    cohort : that it was evaluated on
    """
    from pleura.evaluation.checklists.facts import ModelFacts
    from pleura.models.input_in_words import input_in_words

    card, training = model.card, model.card.training
    scalars = {name: str(value) for name, value in training.items() if not isinstance(value, dict)}
    same = (training.get("cohort"), training.get("cohort_seed")) == (cohort.name, cohort.seed)
    hospitals: dict[str, Any] | None = training.get("hospitals") if same else None
    return ModelFacts(
        name=card.name,
        identity=model.id,
        architecture=card.architecture,
        arguments=card.arguments,
        preprocessing=input_in_words(card.input),
        subsets=card.input.subsets if card.input.interval == "lung-extent" else None,
        parent=card.parent,
        training_summary=str(training["summary"]),
        training_hospitals=None if hospitals is None else tuple(hospitals),
        training={name: value for name, value in scalars.items() if name not in ("summary", "synthetic")},
        synthetic=card.synthetic,
        licence=card.licence,
    )

"""A cohort and a model in; what the reporting checklists are told of them out."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pleura.data.cohort import Case, Cohort
    from pleura.evaluation.checklists.facts import CohortFacts, ModelFacts
    from pleura.models.files import Model
    from pleura.settings import InputSettings

__all__ = ["facts_of_cohort", "facts_of_model"]


def facts_of_cohort(cohort: Cohort, evaluated: Sequence[Case]) -> CohortFacts:
    """Say what cases there are and how they are divided.

    Parameters
    ----------
    cohort : as read, which refuses a patient in two splits
    evaluated : its cases that were classified
    """
    from pleura.evaluation.checklists.facts import CohortFacts

    partitions: dict[str, dict[str, int]] = {}
    for case in cohort.cases:
        classes = partitions.setdefault(case.split, {})
        classes[case.label] = classes.get(case.label, 0) + 1
    severities = Counter(str(case.severity) for case in evaluated if case.severity)
    return CohortFacts(
        name=cohort.name,
        description=cohort.description,
        synthetic=cohort.synthetic,
        generator=cohort.generator,
        seed=cohort.seed if cohort.synthetic else None,
        partitions=partitions,
        partition_level="patient",
        severities=dict(sorted(severities.items())),
        characteristics=tuple(_characteristics(evaluated)),
    )


def _characteristics(cases: Sequence[Case]) -> list[str]:
    """One line a characteristic that the cohort's table has a column for."""
    ages = [case.age for case in cases if case.age is not None]
    lines = []
    if ages:
        lines.append(f"age: median {median(ages):g} years, from {min(ages):g} to {max(ages):g}, of {len(ages)} cases")
    for name in ("sex", "scanner"):
        told = Counter(str(value) for case in cases if (value := getattr(case, name)) is not None)
        if told:
            lines.append(f"{name}: {', '.join(f'{value} {number}' for value, number in sorted(told.items()))}")
    return lines


def facts_of_model(model: Model, cohort: Cohort) -> ModelFacts:
    """Say what a model is, from its card.

    Hospitals are taken for the same only where the card names this very cohort: made-up hospitals of two cohorts bear
    the same names.

    Parameters
    ----------
    model : as loaded
    cohort : that it was evaluated on
    """
    from pleura.evaluation.checklists.facts import ModelFacts

    card, training = model.card, model.card.training
    scalars = {name: str(value) for name, value in training.items() if not isinstance(value, dict)}
    same = (training.get("cohort"), training.get("cohort_seed")) == (cohort.name, cohort.seed)
    hospitals: dict[str, Any] | None = training.get("hospitals") if same else None
    return ModelFacts(
        name=card.name,
        identity=model.id,
        architecture=card.architecture,
        arguments=card.arguments,
        preprocessing=_preprocessing(card.input),
        subsets=card.input.subsets,
        parent=card.parent,
        training_summary=str(training["summary"]),
        training_hospitals=None if hospitals is None else tuple(hospitals),
        training={name: value for name, value in scalars.items() if name not in ("summary", "synthetic")},
        synthetic=card.synthetic,
        licence=card.licence,
    )


def _preprocessing(settings: InputSettings) -> str:
    field = "the whole slice" if settings.field == "slice" else "a square around the lungs"
    return (
        f"Lungs are found; {settings.slices} slices spread over them make a subset; {field} is resampled to "
        f"{settings.size} x {settings.size}, clipped to {settings.window_low} to {settings.window_high} HU, less "
        f"{settings.mean:.1f} HU and over {settings.std:.1f} HU."
    )

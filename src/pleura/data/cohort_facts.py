"""A cohort and the cases that were evaluated in; what the reporting checklists are told of them out."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from pleura.data.cohort import Case, Cohort
from pleura.evaluation.checklists.facts import CohortFacts

__all__ = ["facts_of_cohort"]


def facts_of_cohort(cohort: Cohort, evaluated: Sequence[Case]) -> CohortFacts:
    """Say what cases there are and how they are divided.

    Parameters
    ----------
    cohort : as read, which refuses a patient in two splits
    evaluated : its cases that were classified
    """
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

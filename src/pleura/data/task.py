"""What a classifier tells apart: a task's name and a cohort in, the cases that count and the class of each out."""

from dataclasses import dataclass, replace

from pleura.data.cohort import Case, Cohort
from pleura.errors import CohortError
from pleura.settings import CLASSES, GRADES

__all__ = ["DIAGNOSIS", "SEVERITY", "Task", "find_task"]


@dataclass(frozen=True)
class Task:
    """A question with a fixed list of answers."""

    name: str
    """A name in `pleura.settings.TASKS`."""
    classes: tuple[str, ...]

    def number(self, case: Case) -> int | None:
        """Index of a case's class; None where the question does not arise."""
        if self.name == "severity":
            return case.severity - 1 if case.label == "covid-19" and case.severity > 0 else None
        return self.classes.index(case.label) if case.label in self.classes else None

    def labels(self, cases: tuple[Case, ...]) -> list[int]:
        """Index of each case's class.

        Raises
        ------
        CohortError
            If the question does not arise for one of them; `select` leaves those out.
        """
        numbers = [self.number(case) for case in cases]
        for case, number in zip(cases, numbers, strict=True):
            if number is None:
                raise CohortError(f"case {case.case} ({case.label}) has no {self.name} among {', '.join(self.classes)}")
        return [number for number in numbers if number is not None]

    def select(self, cohort: Cohort, *, trains: bool = True) -> Cohort:
        """Give the cohort with the cases that the question arises for, in the table's order.

        Parameters
        ----------
        cohort : as read
        trains : whether each class needs a training case

        Raises
        ------
        CohortError
            If a class has no training case, though it needs one.
        """
        kept = replace(cohort, cases=tuple(case for case in cohort.cases if self.number(case) is not None))
        there = set(self.labels(kept.split("train")))
        absent = [name for number, name in enumerate(self.classes) if number not in there]
        if trains and absent:
            raise CohortError(
                f"no training case of class {', '.join(absent)}; each class needs at least one in split train"
            )
        return kept


DIAGNOSIS = Task("diagnosis", CLASSES)
"""UCADI's four classes."""
SEVERITY = Task("severity", GRADES)
"""Grades I to III, for cases of COVID-19 that have one."""


def find_task(name: str) -> Task:
    """Find a task by its name.

    Raises
    ------
    KeyError
        If there is none; settings and model cards are checked before.
    """
    return {task.name: task for task in (DIAGNOSIS, SEVERITY)}[name]

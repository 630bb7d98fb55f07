"""What a classifier tells apart: a task's name and a cohort in, the cases that count and the class of each out."""

from dataclasses import dataclass, replace

from pleura.data.cohort import Case, Cohort
from pleura.errors import CohortError, ModelError, RecipeError
from pleura.settings import CLASSES, GRADES

__all__ = ["COVID", "DIAGNOSIS", "SEVERITY", "VIRAL", "Task", "find_task", "task_of"]


@dataclass(frozen=True)
class Task:
    """A question with a fixed list of answers."""

    name: str
    """A name in `pleura.settings.TASKS`."""
    classes: tuple[str, ...]
    """Names of the answers, in the order of a network's outputs."""
    labels_of: tuple[tuple[str, ...], ...] = ()
    """For each answer, the labels that it is the truth for; empty where a label is its own answer."""

    def number(self, case: Case) -> int | None:
        """Index of a case's class; None where the question does not arise."""
        if self.name == "severity":
            return case.severity - 1 if case.label == "covid-19" and case.severity > 0 else None
        for number, labels in enumerate(self.labels_of or [(name,) for name in self.classes]):
            if case.label in labels:
                return number
        return None

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
VIRAL = Task(
    "viral",
    ("not-viral", "viral"),
    (("healthy", "bacterial", "tuberculosis", "nodule"), ("covid-19", "other-viral")),
)
"""First step of the stepwise diagnosis (DL1). The paper's other conditions are nodule, tuberculosis and ordinary lung;
bacterial pneumonia, which its board does not have, is not viral either."""
COVID = Task("covid", ("other-viral", "covid-19"))
"""Second step (DL2), for cases of viral pneumonia."""


def find_task(name: str) -> Task:
    """Find a task by its name.

    Raises
    ------
    RecipeError
        If there is none whose truth a cohort's labels tell.
    """
    known = {task.name: task for task in (DIAGNOSIS, SEVERITY, VIRAL, COVID)}
    if name not in known:
        raise RecipeError(f'task "{name}" has no truth in a cohort\'s labels; those that have: {", ".join(known)}')
    return known[name]


def task_of(name: str, classes: tuple[str, ...]) -> Task:
    """Give the task of a model, from what its card says.

    Parameters
    ----------
    name, classes : as on the card; a model for labels of its own choice keeps them

    Raises
    ------
    ModelError
        If the classes are not those of a task that has a fixed list.
    RecipeError
        If no case has a truth for the task.
    """
    task = find_task(name)
    if task.labels_of and classes != task.classes:
        raise ModelError(f"a model for task {name} with the classes {', '.join(classes)}; need {task.classes}")
    return replace(task, classes=classes)

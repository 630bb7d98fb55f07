"""Facts in; every item of the three checklists with its answer out."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pleura.evaluation.checklists.answer import Answer, Status
from pleura.evaluation.checklists.facts import StudyFacts
from pleura.evaluation.checklists.model_answers import MODEL_ANSWERS
from pleura.evaluation.checklists.study_answers import STUDY_ANSWERS

__all__ = ["ANSWERS", "CHECKLISTS", "AnsweredChecklist", "Checklist", "Item", "answer_checklists", "read_checklist"]

CHECKLISTS = ("claim_2024", "stard_ai_2025", "tripod_ai_2024")
"""Names of the files with items, in the order in which they are written."""
ANSWERS = {**STUDY_ANSWERS, **MODEL_ANSWERS}


@dataclass(frozen=True)
class Item:
    """One item of a checklist."""

    number: str
    """As the checklist counts: "20", "15a"."""
    topic: str
    """In words of our own."""
    answered_by: str
    """A name in `ANSWERS`."""


@dataclass(frozen=True)
class Checklist:
    """A reporting checklist."""

    name: str
    source: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class AnsweredChecklist:
    """A checklist with an answer to each item."""

    checklist: Checklist
    answers: tuple[tuple[Item, Answer], ...]

    def count(self, status: Status) -> int:
        """Give the number of items that have a status."""
        return sum(answer.status is status for _, answer in self.answers)


@cache
def read_checklist(name: str) -> Checklist:
    """Read a checklist that comes with the package; a name in `CHECKLISTS`."""
    text = files("pleura.evaluation.checklists").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Checklist(table["name"], table["source"], tuple(Item(*item) for item in table["items"]))


def answer_checklists(facts: StudyFacts) -> tuple[AnsweredChecklist, ...]:
    """Answer CLAIM 2024, STARD-AI and TRIPOD+AI as far as a run knows the answers.

    Nothing is guessed: an item is known, or not applicable for a stated reason, or left to a person.
    """
    lists = [read_checklist(name) for name in CHECKLISTS]
    return tuple(
        AnsweredChecklist(one, tuple((item, ANSWERS[item.answered_by](facts)) for item in one.items)) for one in lists
    )

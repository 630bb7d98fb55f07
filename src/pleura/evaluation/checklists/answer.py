"""One answer to a checklist's item, and the ways to give one."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Answer", "Status", "known", "not_applicable", "to_be_filled"]


class Status(StrEnum):
    """Who answers an item."""

    KNOWN = "known"
    """The program: the answer is whole."""
    NOT_APPLICABLE = "not applicable"
    """Nobody: the reason is given."""
    OPEN = "to be filled by a person"
    """A person; what the program knows of it is given."""


@dataclass(frozen=True)
class Answer:
    """An answer, with who is to give it."""

    status: Status
    text: str = ""


def known(text: str) -> Answer:
    """Answer whole."""
    return Answer(Status.KNOWN, text)


def not_applicable(reason: str) -> Answer:
    """Leave an item out, and say why."""
    return Answer(Status.NOT_APPLICABLE, reason)


def to_be_filled(so_far: str = "") -> Answer:
    """Leave an item to a person, with what is known of it."""
    return Answer(Status.OPEN, so_far)

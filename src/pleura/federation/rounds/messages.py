"""What server and hospitals say to each other in words: small records in, JSON out, and back again.

Tasks in the order of a round: `CHECK_IN`, `MAKE_GROUP_KEY` once an epoch, `TAKE_COMMIT`, `GIVE_SNAPSHOT` and
`TAKE_SNAPSHOT` for who is behind, `WORK`, `ANSWER`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from pleura.errors import RecipeError, WireError
from pleura.settings import parse_settings

__all__ = [
    "ANSWER",
    "CHECK_IN",
    "GIVE_SNAPSHOT",
    "MAKE_GROUP_KEY",
    "TAKE_COMMIT",
    "TAKE_SNAPSHOT",
    "WORK",
    "Report",
    "Senders",
    "WhichModel",
    "from_json",
    "to_json",
]

CHECK_IN: Final = "check-in"
"""Files: "members", all lists, framed; "group-key" if there is one. Back: a `Report`."""
MAKE_GROUP_KEY: Final = "make-group-key"
"""Back: the message that gives the newest epoch's key to the members."""
TAKE_COMMIT: Final = "take-commit"
"""Message: the commit. Files: "members", "descriptor", "sum", "answers". Back: a `Report`."""
GIVE_SNAPSHOT: Final = "give-snapshot"
"""Message: `WhichModel`. Back: the file "snapshot"."""
TAKE_SNAPSHOT: Final = "take-snapshot"
"""Message: `WhichModel`. Files: "snapshot"; "statements", framed. Back: a `Report`."""
WORK: Final = "work"
"""Files: "descriptor". Back: the files "upload" and "shares"."""
ANSWER: Final = "answer"
"""Message: `Senders`. Files: "descriptor"; "shares", its own, framed in order of the senders. Back: the answer."""

_LONGEST: Final = 1 << 20
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Report:
    """Where a hospital stands, in its own words."""

    round: int
    """Rounds behind its model."""
    model: str
    """Hash of its model; empty if it has none."""
    commit: str
    """Digest of the commit that made it."""
    group_key: bool
    """Whether it holds the newest epoch's key."""
    statement: str
    """Its signed word for the model, in hexadecimal digits; empty if it has none."""
    whole: bool = True
    """Whether its model's file is there and has the hash; otherwise it needs a snapshot."""
    unopened: str = ""
    """Why the commit that it was given does not open; empty if it does."""


@dataclass(frozen=True, kw_only=True)
class WhichModel:
    """A model by what all hospitals know of it."""

    round: int
    """Rounds behind it."""
    model: str
    """Its hash."""
    commit: str
    """Digest of the commit that made it."""


@dataclass(frozen=True, kw_only=True)
class Senders:
    """An upload set by places."""

    places: tuple[int, ...]
    """Ascending."""


def to_json(record: Report | WhichModel | Senders) -> bytes:
    """Write a record."""
    return json.dumps(asdict(record), sort_keys=True).encode()


def from_json(kind: type[T], data: bytes) -> T:
    """Read a record that came from outside; `WireError` if it is none."""
    try:
        if len(data) > _LONGEST:
            raise ValueError(f"{len(data)} bytes are too many")
        table: Any = json.loads(data)
        if not isinstance(table, Mapping):
            raise TypeError("it is no table")
        return parse_settings(kind, table)
    except (ValueError, TypeError, RecursionError, RecipeError) as error:
        raise WireError(f"a message is no {kind.__name__}: {error}; bring both programs to one version") from error

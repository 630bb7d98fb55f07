"""What a server wants of its rounds, as files in its state folder: how long it waits, how the vector is laid out."""

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

from pleura.errors import RecipeError
from pleura.federation.rounds.durable import read, write_whole
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.terms import Backend
from pleura.models.toml_write import to_toml
from pleura.settings import parse_settings

__all__ = ["Waiting", "read_plan", "read_waiting", "write_plan"]

_PLAN: Final = "plan.json"
_WAITING: Final = "waiting.toml"
_KINDS: Final[dict[str, type[Values] | type[Counts]]] = {"Values": Values, "Counts": Counts}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How long a server waits for what, in seconds; the one part of the plan that may be changed between rounds."""

    settle_s: float = 60.0
    """For the hospitals of the last round, before it goes on with the quorum."""
    small_s: float = 60.0
    """For an answer that takes a hospital no work."""
    transfer_s: float = 600.0
    """For a hospital to fetch a sum or a model."""
    deadline_s: float = 3600.0
    """For training and upload."""
    grace_s: float = 120.0
    """For latecomers' uploads once the quorum is whole."""
    stall_s: float = 15.0
    """Without a byte, after which latecomers are given up once the quorum is whole."""
    answer_s: float = 300.0
    """For the answers that open the sum."""
    answer_grace_s: float = 5.0
    """For more answers than are needed."""

    @property
    def round_s(self) -> float:
        """As long as a round can take, with its first model fetched."""
        return self.settle_s + 6 * self.small_s + 3 * self.transfer_s + self.deadline_s + self.answer_s + 120.0


def write_plan(state: Path, plan: RoundPlan) -> None:
    """Keep a plan, its waiting times in a file of their own; `OutputError` if it cannot be."""
    held = asdict(plan)
    waiting = {name: held.pop(name) for name in Waiting.__dataclass_fields__}
    held["layout"] = [{"kind": type(one).__name__, **vars(one)} for one in plan.layout.segments]
    write_whole(state / _PLAN, json.dumps(held).encode())
    write_whole(state / _WAITING, f"# Seconds; read anew for each round.\n{to_toml(waiting)}".encode())


def read_waiting(state: Path) -> Waiting:
    """Read the waiting times; `RecipeError` if they cannot be used."""
    path = state / _WAITING
    try:
        return parse_settings(Waiting, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecipeError) as error:
        raise RecipeError(f"cannot use {path}: {error}; put it right") from error


def read_plan(state: Path) -> RoundPlan:
    """Read a plan back.

    Raises
    ------
    RecipeError, TermsError
        If it cannot be used.
    """
    path = state / _PLAN
    try:
        held: dict[str, Any] = json.loads(read(path) or b"")
        segments = tuple(_KINDS[row.pop("kind")](**row) for row in held.pop("layout"))
        held["backend"] = cast("Backend", held["backend"])
        return RoundPlan(**held, layout=Layout(segments), **asdict(read_waiting(state)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"cannot use {path}: {error!r}; bring it back from a backup") from error

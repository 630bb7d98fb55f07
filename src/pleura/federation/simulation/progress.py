"""How far a simulated federation has come: committed rounds in, one small file that says so out, and back.

A round's folder is written first: the global model, and what each hospital keeps at home. Then `progress.json`, which
makes the round count; it is renamed into place, so that there is always one whole file and the round that it names.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import safetensors
import safetensors.torch

from pleura.errors import ModelError, OutputError, RecipeError
from pleura.federation.learning.hospital import Home
from pleura.federation.learning.state import GlobalState, load_state, save_state
from pleura.federation.simulation.results import Row
from pleura.whole_file import whole_file, write_text

__all__ = ["PROGRESS", "Progress", "commit", "read_progress", "restore"]

PROGRESS = "progress.json"
_STATE = "state.safetensors"


@dataclass
class Progress:
    """How far a run has come, but for its tensors."""

    run: str
    """Hash of all that decides the run: recipe, settings, hospitals and their cases, first weights."""
    rounds: int = 0
    """Rounds committed."""
    rows: list[Row] = field(default_factory=list)
    """Lines of rounds.csv, one a committed round."""


def commit(progress: Progress, state: GlobalState, homes: Sequence[Home], out: Path) -> None:
    """Write a round, make it count, and remove the one before.

    Parameters
    ----------
    progress : with the round's row; its `rounds` is set
    state : what the round came to
    homes : by the hospitals' places
    out : the run's folder

    Raises
    ------
    OutputError
        If it cannot be written; the round before counts still.
    """
    folder = _folder(out, state.round)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}: {error.strerror or error}; check the folder") from error
    for place, home in enumerate(homes):
        with whole_file(folder / _home(place)) as made:
            made.write_bytes(safetensors.torch.save(dict(home)))
    save_state(state, folder / _STATE)
    progress.rounds = state.round
    write_text(out / PROGRESS, json.dumps(asdict(progress), indent=1) + "\n")
    for older in folder.parent.iterdir():
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)


def read_progress(out: Path, run: str) -> Progress:
    """Read how far a run has come.

    Raises
    ------
    RecipeError
        If there is nothing to resume, or it is of another run.
    """
    path = out / PROGRESS
    if not path.is_file():
        raise RecipeError(f"nothing to resume: no {PROGRESS} in {out}; start without --resume")
    try:
        progress = Progress(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise RecipeError(f"{path} is damaged: {error}; delete {out} and start anew") from error
    if progress.run != run:
        raise RecipeError(
            f"{out} is of another run: recipe, settings, cohort or first weights have changed; choose another folder"
        )
    return progress


def restore(progress: Progress, hospitals: int, out: Path) -> tuple[GlobalState, list[Home]]:
    """Read the last committed round.

    Raises
    ------
    ModelError
        If a file of it is missing or damaged.
    """
    folder = _folder(out, progress.rounds)
    homes: list[Home] = []
    for place in range(hospitals):
        try:
            homes.append(safetensors.torch.load((folder / _home(place)).read_bytes()))
        except (OSError, safetensors.SafetensorError) as error:
            raise ModelError(f"cannot read {folder / _home(place)}: {error}; start anew in another folder") from error
    return load_state(folder / _STATE), homes


def _folder(out: Path, number: int) -> Path:
    return out / "rounds" / f"{number:06d}"


def _home(place: int) -> str:
    return f"hospital-{place:03d}.safetensors"

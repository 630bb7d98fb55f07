"""Where and with what an experiment runs, as one frozen dataclass; of it the cohort alone decides what comes out."""

from dataclasses import dataclass, field
from pathlib import Path

from pleura.training.watcher import Silent, Watcher

__all__ = ["Conditions"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditions:
    """Of all experiments; by default patients are drawn, on the CPU, by one process, in silence."""

    cohort: Path | None = None
    """A folder whose cases to take in place of synthetic ones."""
    cache_folder: Path | None = None
    """For prepared slices, which all arms share; `cache` in the experiment's own folder by default."""
    device: str = "cpu"
    """As for `pleura.training.loop.train`."""
    workers: int = 1
    """Processes that draw patients and prepare slices."""
    resume: bool = False
    """Go on in a folder in which the same experiment was begun, with the first arm that is not whole."""
    watcher: Watcher = field(default_factory=Silent)
    """Told of progress."""

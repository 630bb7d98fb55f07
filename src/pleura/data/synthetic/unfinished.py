"""An output folder and what to draw in, the folder out in which this generator, and no other version, draws it."""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pleura.data.synthetic
from pleura import __version__
from pleura.data import unfinished
from pleura.data.unfinished import Unfinished

__all__ = ["Unfinished", "open_unfinished"]


def open_unfinished(out: Path, arguments: Mapping[str, Any]) -> AbstractContextManager[Unfinished]:
    """Make or find the folder in which a synthetic cohort is drawn; as `pleura.data.unfinished.open_unfinished`.

    Parameters
    ----------
    out : where the cohort will be when it is whole; must not exist, or be an empty folder
    arguments : everything but the generator that the voxels depend on, as JSON can hold it
    """
    return unfinished.open_unfinished(out, arguments, maker=_generator())


def _generator() -> str:
    """Give the version with a hash of the generator's own files, so that no cohort is half one and half another's."""
    digest = hashlib.sha256()
    for folder in pleura.data.synthetic.__path__:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(path.read_bytes())
    return f"pleura {__version__} synthetic {digest.hexdigest()[:12]}"

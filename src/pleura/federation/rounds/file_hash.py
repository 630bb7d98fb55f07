"""A file in, its SHA-256 out: what names a file in a commit, in a hospital's ledger and in an offer."""

from hashlib import file_digest
from pathlib import Path

from pleura.errors import WireError

__all__ = ["hash_file"]


def hash_file(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, read piece by piece; `WireError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WireError(f"cannot read {path.name}: {error.strerror or error}; ask for it again") from error

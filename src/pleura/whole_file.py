"""A path in, a file under another name to fill out; it gets its own name when it is whole, and never before."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pleura.errors import OutputError

__all__ = ["whole_file", "write_rows", "write_text"]


@contextmanager
def whole_file(path: Path, *, advice: str = "check the folder and its free space") -> Iterator[Path]:
    """Give a path to write to; what is there replaces `path` when the block ends.

    If the block fails, nothing is left of it, and an older file at `path` stays as it was.

    Parameters
    ----------
    path : the file to make
    advice : what the message tells the user to do if it cannot be written

    Yields
    ------
    A path in the same folder that ends as `path` does.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    made = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield made
        made.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; {advice}") from error
    finally:
        made.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, whole or not at all; an error as for `whole_file`."""
    with whole_file(path) as made:
        made.write_text(text, encoding="utf-8")


def write_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as a CSV table, whole or not at all; an error as for `whole_file`.

    Parameters
    ----------
    path : the file to make
    rows : the columns are those of all rows in the order of their first use, empty where a row has none
    """
    held = list(rows)
    columns = list(dict.fromkeys(name for row in held for name in row))
    with whole_file(path) as made, made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(held)

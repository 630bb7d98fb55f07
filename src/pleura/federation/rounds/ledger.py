"""Records in, an append-only file out: what a hospital agreed to, sent and answered, when, and under which descriptor.

One line a record: SHA-256 over the line before and this record, then the record as JSON. A record is on the disk
before what it allows is done. A kill in the middle of a line leaves a line without its end; what it would have
allowed was not done, and the rest of it is dropped. Any other damage is refused, as the hospital would not know what
it has sent. An older copy of the whole file, put in its place, is not found out from the file alone: a ledger is
never brought back from a backup unless it is the newest.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pleura.errors import ContinuityError
from pleura.federation.rounds.continuity import Standing, stand
from pleura.federation.rounds.durable import append, make_folder, read

__all__ = ["Ledger"]

_HASH: Final = 64


class Ledger:
    """A hospital's record of its rounds.

    Parameters
    ----------
    path : the file, made with the first record

    Raises
    ------
    ContinuityError
        If it is damaged.
    OutputError
        If it cannot be read, or its folder is open to others.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        self._good = 0
        self._last = sha256(b"pleura ledger 1\0").hexdigest()
        self.records: list[dict[str, Any]] = []
        """All of them, oldest first."""
        self.standing = Standing()
        """Where the hospital stands after them."""
        for line in (read(path) or b"").split(b"\n")[:-1]:
            self._take(line + b"\n")

    def write(self, kind: str, when: float, **fields: Any) -> None:
        """Add a record; when this returns it is on the disk, and `standing` has taken it in.

        Parameters
        ----------
        kind : "began", "accepted", "uploaded", "answered", "applied", "snapshot" or "released"
        when : seconds since 1970 UTC
        fields : of that kind, see `continuity.stand`

        Raises
        ------
        ContinuityError
            If another program has written to it since.
        OutputError
            If it cannot be written; what it would allow must not be done.
        """
        text = json.dumps({"kind": kind, "when": round(when, 3), **fields}, sort_keys=True, allow_nan=False)
        line = f"{_chained(self._last, text)} {text}\n".encode()
        stand(self.standing, json.loads(text))
        if b"\n" in (read(self._path) or b"")[self._good :]:
            raise ContinuityError(
                f"another program has written to {self._path}; only one may take part for a hospital: end both, and "
                "start one"
            )
        append(self._path, line, at=self._good)
        self._take(line)

    def _take(self, line: bytes) -> None:
        number = len(self.records) + 1
        try:
            given, text = line[:_HASH].decode("ascii"), line[_HASH + 1 : -1].decode("utf-8")
            if given != _chained(self._last, text) or line[_HASH : _HASH + 1] != b" ":
                raise ContinuityError("its hash does not hold")
            record: dict[str, Any] = json.loads(text)
            self.standing = stand(self.standing, record)
        except (ValueError, KeyError, TypeError, ContinuityError) as error:
            raise ContinuityError(
                f"{self._path}, line {number}, is damaged ({error}); without it this hospital does not know what it "
                "has sent: bring back the newest file, or leave the federation and join anew under new keys"
            ) from error
        self.records.append(record)
        self._last = given
        self._good += len(line)

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """Give the records of one kind, oldest first."""
        return [record for record in self.records if record["kind"] == kind]


def _chained(last: str, text: str) -> str:
    return sha256(f"{last}\0{text}".encode()).hexdigest()

"""A round's files in, a committed round out: what the server keeps, and what it comes back to after a crash.

A folder a round, in it a folder an attempt::

    rounds/0000000007/attempt-000000/descriptor   as it was signed, before any hospital saw it
                                     sum          parts of the sum, framed
                                     shares       sealed shares of the hospitals in the sum, framed, in order of place
                                     closed.json  the upload set; written when the two above are whole
                                     answer-003   of the hospital at place 3, as it came
                                     answers      all of them, framed
                                     failed       why the attempt came to nothing
           rounds/0000000007/commit.json        written last, whole: from then on the round is committed

The committed rounds are the server's only state. Up to `commit.json` a crash costs the attempt, or, once it is
closed, only the answers.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from pleura.errors import ContinuityError, RecipeError, TermsError, WireError
from pleura.federation.rounds.descriptor import NOTHING, check_hash
from pleura.federation.rounds.durable import append, forget, make_folder, read, write_whole
from pleura.federation.rounds.file_hash import hash_file
from pleura.federation.rounds.frames import frames
from pleura.settings import parse_settings

__all__ = ["AttemptFiles", "Closed", "Commit", "Commits"]

_COMMIT: Final = "commit.json"


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One committed round; public.

    Raises
    ------
    TermsError
        If a hash is none.
    """

    federation: str
    round: int
    attempt: int
    previous: str
    """Digest of the commit before it; `NOTHING` in round 0."""
    descriptor: str
    """Digest of the attempt's descriptor."""
    upload_set: str
    """Digest of the upload set."""
    senders: tuple[int, ...]
    """Places of the hospitals in the sum, ascending."""
    answered: tuple[int, ...]
    """Places of the hospitals that answered, ascending."""
    sum_hash: str
    """SHA-256 of the file of the sum."""
    answers_hash: str
    """SHA-256 of the file of the answers."""
    when: int
    """Seconds since 1970 UTC."""
    upload_bytes: int
    """Bytes of all uploads in the sum."""
    seconds: float
    """From the opening to the commit; of the last part where a crash lay between."""

    def __post_init__(self) -> None:
        for name in ("previous", "descriptor", "upload_set", "sum_hash", "answers_hash"):
            check_hash(getattr(self, name), f"the commit's {name}")

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, 64 hexadecimal digits; the next round's descriptor names it."""
        return sha256(b"pleura commit 1\0" + self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """As it is kept and sent."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read one; `WireError` if it is none."""
        made: Self = _read(cls, data, "the committed round")
        return made


@dataclass(frozen=True, kw_only=True)
class Closed:
    """An attempt whose sum is made."""

    senders: tuple[int, ...]
    """Places, ascending."""
    sum_hash: str
    upload_bytes: int


class AttemptFiles:
    """The files of one attempt.

    Parameters
    ----------
    folder : made if it is absent
    """

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)
        self.descriptor = folder / "descriptor"
        self.sum = folder / "sum"
        self.shares = folder / "shares"
        self.answers = folder / "answers"

    def open(self, descriptor: bytes) -> None:
        """Keep the descriptor; before any hospital sees it."""
        write_whole(self.descriptor, descriptor)

    def close(self, senders: Iterable[int], parts: Iterable[bytes], shares: Iterable[bytes], upload_bytes: int) -> None:
        """Keep the sum and the shares, and then that the attempt is closed over these hospitals.

        Parameters
        ----------
        senders : places
        parts : of the sum, taken one at a time
        shares : the senders' messages, in order of place
        upload_bytes : of all uploads in the sum
        """
        write_whole(self.shares, frames(shares))
        write_whole(self.sum, frames(parts))
        closed = Closed(senders=tuple(sorted(senders)), sum_hash=hash_file(self.sum), upload_bytes=upload_bytes)
        write_whole(self.folder / "closed.json", json.dumps(asdict(closed)).encode())

    @property
    def closed(self) -> Closed | None:
        """What the attempt was closed over; None while it is open."""
        data = read(self.folder / "closed.json")
        return None if data is None else _read(Closed, data, "the closed attempt")

    def keep_answer(self, place: int, answer: bytes) -> None:
        """Keep a hospital's answer."""
        write_whole(self.folder / f"answer-{place:03d}", answer)

    def kept_answers(self) -> dict[int, bytes]:
        """Give the answers kept up to now, by place."""
        return {int(path.name.removeprefix("answer-")): path.read_bytes() for path in self.folder.glob("answer-*")}

    def fail(self, reason: str) -> None:
        """Keep that the attempt came to nothing; another one follows."""
        append(self.folder / "failed", f"{reason}\n".encode(), at=0)

    @property
    def failed(self) -> bool:
        """Whether it came to nothing."""
        return (self.folder / "failed").exists()


class Commits:
    """The server's committed rounds, and the attempts of the one that is under way.

    Parameters
    ----------
    folder : the server's own, made if it is absent
    federation : its name

    Raises
    ------
    ContinuityError
        If a committed round is missing, damaged, of another federation, or does not follow the one before it.
    OutputError
        If the folder cannot be used, or is open to others.
    """

    def __init__(self, folder: Path, federation: str) -> None:
        self._folder = make_folder(make_folder(folder) / "rounds")
        self._federation = federation
        self.all: list[Commit] = []
        """Every committed round, from 0."""
        while (data := read(self._round(len(self.all)) / _COMMIT)) is not None:
            try:
                self._take(Commit.from_bytes(data))
            except WireError as error:
                raise ContinuityError(f"{self._round(len(self.all)) / _COMMIT} is damaged: {error}") from error
        later = [path for path in self._folder.glob(f"*/{_COMMIT}") if int(path.parent.name) >= len(self.all)]
        if later:
            raise ContinuityError(
                f"round {len(self.all)} is missing, and {min(later)} is there; bring the folder back from a backup"
            )

    @property
    def last(self) -> Commit | None:
        """The newest committed round; None before the first."""
        return self.all[-1] if self.all else None

    @property
    def round(self) -> int:
        """Number of the next one."""
        return len(self.all)

    @property
    def digest(self) -> str:
        """Digest of the newest commit; `NOTHING` before the first."""
        return self.all[-1].digest if self.all else NOTHING

    def attempts(self, which: int | None = None) -> list[AttemptFiles]:
        """Give the attempts of a round that were opened, ascending; by default of the next one."""
        folder = self._round(self.round if which is None else which)
        opened = sorted(path.parent for path in folder.glob("attempt-*/descriptor"))
        return [AttemptFiles(path) for path in opened]

    def attempt(self, which: int, number: int) -> AttemptFiles:
        """Give the files of an attempt, old or new."""
        return AttemptFiles(make_folder(self._round(which)) / f"attempt-{number:06d}")

    def commit(self, commit: Commit) -> None:
        """Commit the next round: when this returns it is committed, whatever happens.

        Raises
        ------
        ContinuityError
            If it does not follow the newest one.
        OutputError
            If it cannot be written; it is not committed then.
        """
        self._check(commit)
        write_whole(make_folder(self._round(commit.round)) / _COMMIT, commit.to_bytes())
        self._take(commit)

    def withdraw(self, reason: str) -> None:
        """Take the newest commit back, as no hospital can open its sum; its round is run again.

        Parameters
        ----------
        reason : kept with the attempt
        """
        last = self.all[-1]
        self.attempt(last.round, last.attempt).fail(reason)
        forget(self._round(last.round) / _COMMIT)
        self.all.pop()

    def prune(self, keep: int = 2) -> None:
        """Take away sums, shares and answers of all but the newest committed rounds; their commits stay.

        Parameters
        ----------
        keep : how many of the newest stay whole, 1 or more; hospitals behind them take a snapshot
        """
        for commit in self.all[: -max(1, keep)]:
            for path in self._round(commit.round).glob("attempt-*"):
                forget(path)

    def _round(self, which: int) -> Path:
        return self._folder / f"{which:010d}"

    def _check(self, commit: Commit) -> None:
        got, expected = (
            (commit.federation, commit.round, commit.previous),
            (self._federation, self.round, self.digest),
        )
        if got != expected:
            raise ContinuityError(
                f"round {commit.round} of {commit.federation!r} after {commit.previous[:16]}... was to be committed, "
                f"and round {self.round} of {self._federation!r} after {self.digest[:16]}... is the next"
            )

    def _take(self, commit: Commit) -> None:
        self._check(commit)
        self.all.append(commit)


def _read(kind: type[Any], data: bytes, what: str) -> Any:
    try:
        table = json.loads(data)
        if not isinstance(table, Mapping):
            raise TypeError("no table")
        return parse_settings(kind, table)
    except (ValueError, TypeError, RecursionError, RecipeError, TermsError) as error:
        raise WireError(f"{what} cannot be read: {error}; ask for it again") from error

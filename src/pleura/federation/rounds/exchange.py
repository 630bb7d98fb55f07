"""A task and its bytes from the server to hospitals, each hospital's reply back: the line between rounds and engine.

A round knows nothing of sockets, and what carries bytes knows nothing of rounds. The server's side calls a `Channel`;
whatever carries the bytes calls the `HospitalHandler` at the other end.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from pleura.errors import TermsError, WireError

__all__ = ["Channel", "Closing", "HospitalHandler", "Reply", "check_file_name"]

_FILE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def check_file_name(name: str) -> str:
    """Give back a name under which a file may travel, or refuse it.

    Parameters
    ----------
    name : 1 to 64 of a to z, 0 to 9, dot, underscore and hyphen, beginning with a letter or digit, so that it leaves
        no folder and hides from no listing

    Raises
    ------
    WireError
        If it is another.
    """
    if not _FILE_NAME.fullmatch(name):
        raise WireError(
            f"a file came under the name {name[:80]!r}; names have 1 to 64 of a-z, 0-9, '.', '_' and '-' and begin "
            "with a letter or a digit"
        )
    return name


@dataclass(frozen=True)
class Reply:
    """What a hospital answers to one task.

    Raises
    ------
    WireError
        If a file's name is none that may travel.
    """

    message: bytes = b""
    """Small: at most a few hundred kilobytes. Whatever is larger is a file."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """A file under each name; small replies have none. At the hospital they are the hospital's own files, which stay
    until it makes newer ones; at the server they lie in the inbox."""

    def __post_init__(self) -> None:
        for name in self.files:
            check_file_name(name)


class HospitalHandler(Protocol):
    """The hospital's side; called by whatever carries messages, one task at a time."""

    def handle(self, task: str, message: bytes, files: Mapping[str, Path]) -> Reply:
        """Do one task.

        Parameters
        ----------
        task : its name
        message : small
        files : whole, checked for length and SHA-256 as the server sent them; may be gone once the task is done

        Raises
        ------
        PleuraError
            If the hospital refuses; the text is carried back to the server, and no file with it.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Closing:
    """When to stop waiting for replies; a pure rule, the caller reads the clock.

    Raises
    ------
    TermsError
        If the numbers contradict themselves.
    """

    quorum: int
    """Replies without which waiting goes on to the deadline."""
    grace_s: float
    """Seconds that latecomers are given once the quorum is whole."""
    deadline_s: float
    """Seconds after which nobody is waited for, quorum or not."""
    stall_s: float = 15.0
    """Seconds without a byte from anybody who had begun to send, after which latecomers are given up if the quorum is
    whole."""

    def __post_init__(self) -> None:
        if self.quorum < 1:
            raise TermsError(f"a quorum is 1 reply or more, got {self.quorum}")
        if not (self.grace_s >= 0 and self.deadline_s > 0 and self.stall_s > 0):
            raise TermsError(
                "grace is 0 s or more, deadline and stall more than 0 s; "
                f"got {self.grace_s}, {self.deadline_s} and {self.stall_s}"
            )

    def done(
        self, *, asked: int, answered: int, elapsed: float, since_quorum: float | None, since_byte: float | None
    ) -> bool:
        """Say whether to stop waiting.

        Parameters
        ----------
        asked : hospitals from which a reply may still come or has come: those asked, less those that refused
        answered : whole replies that came, with all their files
        elapsed : seconds since the task was sent
        since_quorum : seconds since the quorum was whole; None while it is not
        since_byte : seconds since the last byte of a reply that is on its way; None while none is
        """
        if answered >= asked or elapsed >= self.deadline_s:
            return True
        if answered < self.quorum:
            return False
        waited = since_quorum is not None and since_quorum >= self.grace_s
        stalled = since_byte is not None and since_byte >= self.stall_s
        return waited or stalled


class Channel(Protocol):
    """The server's side: hospitals that are connected, and a way to ask them."""

    def present(self) -> frozenset[str]:
        """Give the hospitals connected now, by the names under which the channel authenticated them."""
        ...

    def ask(
        self,
        task: str,
        message: bytes,
        to: Collection[str],
        *,
        files: Mapping[str, Path] | None = None,
        own: Mapping[str, Mapping[str, Path]] | None = None,
        closing: Closing,
        inbox: Path,
    ) -> dict[str, Reply | str]:
        """Give one task to several hospitals and wait for them until `closing` says so.

        Parameters
        ----------
        task : its name
        message : the same for all, small
        to : names of hospitals; one that is not connected does not answer
        files : the same for all, by name; they do not change until this returns
        own : by hospital, files that it alone can have, under names that are not among those of `files`
        closing : when to stop waiting
        inbox : a folder; the files of a reply are pulled to `inbox/<hospital>/<name>`, and a reply counts when all of
            them are whole and their length and SHA-256 are checked

        Returns
        -------
        by hospital: its reply, or the text with which it refused; hospitals that did not answer in time are absent,
        and an answer that comes later is dropped

        Raises
        ------
        OutputError
            If the inbox cannot be written.
        """
        ...

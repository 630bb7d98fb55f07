"""A model's file in, a file that only members can open out, and back again: how a newcomer comes by the model.

A megabyte at a time, each piece locked with the group key under its number, so that none can be left out, put in
another order, or taken from another model.
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

from pleura.errors import WireError
from pleura.federation.rounds.durable import write_whole
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.secure_sum.fields import number, text
from pleura.federation.secure_sum.keys.group_key import GroupKey

__all__ = ["open_snapshot", "seal_snapshot"]

_PIECE: Final = 1 << 20
_PURPOSE: Final = b"snapshot"


def seal_snapshot(path: Path, into: Path, group_key: GroupKey, *, federation: str, which: int, model: str) -> None:
    """Lock a model's file for all members.

    Parameters
    ----------
    path : the model's file
    into : the file that is made
    group_key : of the newest epoch, so that a newcomer holds it and a hospital that left does not
    federation, which, model : name, rounds behind the model, and its hash, to which the snapshot is bound

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_whole(into, frames(_locked(path, group_key, _context(federation, which, model))))


def open_snapshot(path: Path, into: Path, group_key: GroupKey, *, federation: str, which: int, model: str) -> None:
    """Open a snapshot; whether what is in it has the hash is for the caller to see.

    Parameters
    ----------
    path : the snapshot
    into : the model's file that is made
    group_key, federation, which, model : as it was locked

    Raises
    ------
    WireError
        If it does not open, or is not whole.
    OutputError
        If the model's file cannot be written.
    """
    write_whole(into, _unlocked(path, group_key, _context(federation, which, model)))


def _locked(path: Path, group_key: GroupKey, context: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        piece = file.read(_PIECE)
        for at in count():
            following = file.read(_PIECE)
            yield group_key.lock(piece, _PURPOSE, context, _header(at, last=not following))
            if not following:
                return
            piece = following


def _unlocked(path: Path, group_key: GroupKey, context: bytes) -> Iterator[bytes]:
    boxes = (box for _, box in read_frames(path))
    box = next(boxes, None)
    if box is None:
        raise WireError("the snapshot is empty; ask for it again")
    for at in count():
        following = next(boxes, None)
        yield group_key.unlock(box, _PURPOSE, context, _header(at, last=following is None))
        if following is None:
            return
        box = following


def _context(federation: str, which: int, model: str) -> bytes:
    return sha256(b"pleura snapshot 1\0" + text(federation) + number(which, 4) + bytes.fromhex(model)).digest()


def _header(at: int, *, last: bool) -> bytes:
    return number(at, 4) + bytes([last])

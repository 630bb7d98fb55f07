"""A hospital's upload file in, its parts received by the round's server out; payloads are read again where they lie.

An upload is on disk before it is looked at. Keeping its parts once more would cost as much again.
"""

from pathlib import Path

from pleura.errors import OutputError, WireError
from pleura.federation.rounds.frames import read_frames
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.wire import HEADER_BYTES

__all__ = ["UploadFiles", "receive_upload"]


class UploadFiles:
    """A store that remembers where in which file a payload lies; the files must stay until the sum is made."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], tuple[Path, int, int]] = {}
        self._reading: tuple[Path, int] | None = None

    def reading(self, path: Path, at: int) -> None:
        """Say where the part begins that is received next."""
        self._reading = (path, at)

    def put(self, sender: int, part: int, payload: memoryview) -> None:
        """Remember where the payload lies."""
        assert self._reading is not None
        path, at = self._reading
        self._held[sender, part] = (path, at + HEADER_BYTES, payload.nbytes)

    def get(self, sender: int, part: int) -> memoryview:
        """Read a payload; `OutputError` if its file is gone or shorter than it was."""
        path, at, size = self._held[sender, part]
        try:
            with path.open("rb") as file:
                file.seek(at)
                data = file.read(size)
        except OSError as error:
            raise OutputError(f"cannot read {path}: {error.strerror or error}; run the round again") from error
        if len(data) != size:
            raise OutputError(f"{path} has become shorter since it was received; run the round again")
        return memoryview(data)

    def clear(self) -> None:
        """Forget all payloads; the files stay."""
        self._held.clear()


def receive_upload(server: ServerRound, store: UploadFiles, path: Path, sender: int) -> None:
    """Give the parts of a whole upload to the round's server.

    Parameters
    ----------
    server : made with `store`
    store : remembers where the payloads lie
    path : framed parts
    sender : place of the hospital whose connection the file came by

    Raises
    ------
    WireError
        If a part is refused, or one is missing.
    """
    for at, part in read_frames(path):
        store.reading(path, at)
        server.receive(part, sender)
    if sender not in server.uploads:
        raise WireError(f"the upload of hospital {sender} ends before its last part; it is left out of the round")

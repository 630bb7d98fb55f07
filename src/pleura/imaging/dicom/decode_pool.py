"""Compressed frames in, their stored values out, decoded by worker processes on several cores."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import UnreadableFileError
from pleura.imaging.dicom.pixel_layout import PixelLayout

__all__ = ["Job", "decode_all"]

_FRAMES_A_WORKER = 24
"""A further worker starts only for this many frames more; starting one costs about as much as decoding ten."""


@dataclass(frozen=True, slots=True)
class Job:
    """One frame to decode."""

    layout: PixelLayout
    index: int
    name: str


class _Worker:
    """A process that decodes; the pipe codecs' holders run apart, so that no file can harm the caller."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pleura.imaging.dicom.decode_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def decode(self, job: Job, seconds: float) -> npt.NDArray[np.integer]:
        """Return the stored values of one frame.

        Raises
        ------
        UnreadableFileError
            If the worker refuses the frame, dies of it, or takes longer than `seconds`.
        """
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        request = {"layout": asdict(job.layout) | {"path": str(job.layout.path)}, "index": job.index, "name": job.name}
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.start()
        try:
            pipes[0].write(json.dumps(request).encode() + b"\n")
            pipes[0].flush()
            head = pipes[1].read(5)
            payload = pipes[1].read(int.from_bytes(head[1:], "little"))
        except OSError:  # the pipe broke: the process is gone
            head, payload = b"", b""
        finally:
            watchdog.cancel()
        if head[:1] == b"\1":
            raise UnreadableFileError(payload.decode())
        if len(head) < 5 or len(payload) != job.layout.frame_bytes:
            raise UnreadableFileError(
                f"the compressed pixel data of {job.name} made the decoder fail or take more than {seconds:.0f} s; "
                "the file is damaged: export it again"
            )
        values = np.frombuffer(bytearray(payload), np.dtype(job.layout.dtype).newbyteorder("="))
        return values.reshape(job.layout.rows, job.layout.columns)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def decode_all(
    jobs: Sequence[Job],
    deliver: Callable[[int, npt.NDArray[np.integer]], None],
    *,
    workers: int,
    seconds: float = 60.0,
) -> None:
    """Decode frames on up to `workers` processes.

    Parameters
    ----------
    jobs : frames, each of a file in an encapsulated transfer syntax
    deliver : called with the job's number and its stored values, (rows, columns), which it may overwrite; from several
        threads, in no fixed order
    workers : most processes at a time
    seconds : the longest that one frame may take

    Raises
    ------
    UnreadableFileError
        For the first frame, in the order of the jobs, that cannot be decoded.
    """
    waiting = iter(range(len(jobs)))
    lock = threading.Lock()
    failures: dict[int, UnreadableFileError] = {}

    def run() -> None:
        worker = _Worker()
        try:
            while True:
                with lock:
                    number = None if failures else next(waiting, None)
                if number is None:
                    return
                try:
                    deliver(number, worker.decode(jobs[number], seconds))
                except UnreadableFileError as error:
                    failures[number] = error
        finally:
            worker.close()

    count = max(1, min(workers, len(jobs) // _FRAMES_A_WORKER))
    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[min(failures)]

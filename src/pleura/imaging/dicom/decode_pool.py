"""Compressed frames in, their stored values out, decoded by worker processes on several cores."""

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from pleura.errors import UnreadableFileError
from pleura.imaging.dicom.pixel_layout import PixelLayout

__all__ = ["DecoderPool", "Job"]

_FRAMES_A_WORKER = 24
"""A further worker starts only for this many frames more; starting one costs about as much as decoding ten."""


@dataclass(frozen=True, slots=True)
class Job:
    """One frame to decode."""

    layout: PixelLayout
    index: int
    name: str


class _Worker:
    """A process that decodes, apart from the caller so that no file can harm it."""

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

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def _close_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.close()


class DecoderPool:
    """Worker processes that decode compressed frames; they start when first needed and stay until closed.

    Parameters
    ----------
    workers : most processes at a time
    seconds : the longest that one frame may take
    """

    def __init__(self, workers: int, *, seconds: float = 60.0) -> None:
        self._most = max(1, workers)
        self._seconds = seconds
        self._idle: list[_Worker] = []
        self._cleanup = weakref.finalize(self, _close_all, self._idle)

    def close(self) -> None:
        """End the processes."""
        _close_all(self._idle)
        self._idle.clear()

    def decode(self, jobs: Sequence[Job], deliver: Callable[[int, npt.NDArray[np.integer]], None]) -> None:
        """Decode frames, on several processes where they are many.

        Parameters
        ----------
        jobs : frames, each of a file in an encapsulated transfer syntax
        deliver : called with the job's number and its stored values, (rows, columns), which it may overwrite; from
            several threads, in no fixed order

        Raises
        ------
        UnreadableFileError
            For the first frame, in the order of the jobs, that cannot be decoded.
        """
        waiting = iter(range(len(jobs)))
        lock = threading.Lock()
        failures: dict[int, UnreadableFileError] = {}

        def run() -> None:
            with lock:
                worker = self._idle.pop() if self._idle else _Worker()
            try:
                while True:
                    with lock:
                        number = None if failures else next(waiting, None)
                    if number is None:
                        break
                    try:
                        stored = worker.decode(jobs[number], self._seconds)
                    except UnreadableFileError as error:
                        failures[number] = error
                    else:
                        deliver(number, stored)
            except BaseException:
                worker.close()
                raise
            if worker.alive:
                with lock:
                    self._idle.append(worker)
            else:
                worker.close()

        count = max(1, min(self._most, len(jobs) // _FRAMES_A_WORKER))
        with ThreadPoolExecutor(count) as threads:
            for outcome in [threads.submit(run) for _ in range(count)]:
                outcome.result()
        if failures:
            raise failures[min(failures)]

"""A hospital in the engine: a task and its files come in, the hospital's own handler does it, its reply goes out.

Also how files travel, in both directions: who has a file offers it, who wants it pulls it in chunks to disk. No message
holds a file, since a message is held whole, several times over, by each process that it passes.
"""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nvflare.apis.event_type import EventType  # type: ignore[import-untyped]
from nvflare.apis.executor import Executor  # type: ignore[import-untyped]
from nvflare.apis.fl_constant import ReturnCode  # type: ignore[import-untyped]
from nvflare.apis.shareable import Shareable, make_reply  # type: ignore[import-untyped]
from nvflare.fuel.f3.cellnet.fqcn import FQCN  # type: ignore[import-untyped]
from nvflare.fuel.f3.streaming.download_service import (  # type: ignore[import-untyped]
    Consumer,
    ProduceRC,
    download_object,
)
from nvflare.fuel.f3.streaming.file_downloader import FileDownloadable  # type: ignore[import-untyped]
from nvflare.fuel.f3.streaming.obj_downloader import ObjectDownloader  # type: ignore[import-untyped]

from pleura.errors import PleuraError, WireError
from pleura.federation.engine.offers import IncomingFile, Offer, read_offers, write_offers
from pleura.federation.engine.station import Station, load_entry, load_station, owner_only, sole_user
from pleura.federation.rounds.exchange import HospitalHandler
from pleura.federation.rounds.file_hash import hash_file
from pleura.whole_file import write_text

__all__ = ["RoundExecutor", "offered", "pull", "station_of"]

_REQUEST_S = 20.0
_TRIES_AGAIN = 2
_LOOK_S = 0.5
_ABORT_S = 5.0
_NEWEST = "newest-job"
_LOG = logging.getLogger(__name__)


class _Guarded(FileDownloadable):  # type: ignore[misc]
    """A file that only the cells named may pull."""

    def __init__(self, path: Path, receivers: Collection[str], chunk_bytes: int) -> None:
        super().__init__(str(path), chunk_size=chunk_bytes)
        self._receivers = frozenset(receivers)

    def produce(self, state: dict[str, Any], requester: str) -> tuple[str, Any, dict[str, Any]]:
        if requester not in self._receivers:
            _LOG.error("refused to let %s pull a file that was offered to others", requester)
            return ProduceRC.ERROR, None, {}
        produced: tuple[str, Any, dict[str, Any]] = super().produce(state, requester)
        return produced


class _Pulled(Consumer):  # type: ignore[misc]
    """Hands what comes to an `IncomingFile`."""

    supports_pipelining = True  # the state goes back unchanged, so the next request may overlap the write

    def __init__(self, incoming: IncomingFile, on_chunk: Callable[[], None]) -> None:
        super().__init__()
        self._incoming = incoming
        self._on_chunk = on_chunk
        self.failure = ""

    def consume(self, ref_id: str, state: dict[str, Any], data: bytes) -> dict[str, Any]:  # noqa: ARG002
        self._incoming.write(data)
        self._on_chunk()
        return state

    def download_completed(self, ref_id: str) -> None:  # noqa: ARG002
        self._incoming.finish()

    def download_failed(self, ref_id: str, reason: str) -> None:  # noqa: ARG002
        self._incoming.drop()
        self.failure = reason


@contextmanager
def offered(
    cell: Any, files: Mapping[str, Path], receivers: Collection[str], *, idle_s: float, chunk_bytes: int
) -> Iterator[dict[str, Offer]]:
    """Let some cells pull some files while the block lasts.

    Parameters
    ----------
    cell : the engine's end of the line here
    files : by name
    receivers : full names of the cells that may pull; others are refused
    idle_s : seconds without any request after which the offer ends of itself; longer than the server's queue is
    chunk_bytes : of one request
    """
    if not (files and receivers):
        yield {}
        return
    downloader = ObjectDownloader(cell=cell, timeout=idle_s, num_receivers=len(receivers), receiver_ids=list(receivers))
    try:
        yield {
            name: Offer(
                downloader.add_object(_Guarded(path, receivers, chunk_bytes)), path.stat().st_size, hash_file(path)
            )
            for name, path in files.items()
        }
    finally:
        downloader.delete_transaction()


def pull(
    cell: Any,
    source: str,
    offers: Mapping[str, Offer],
    folder: Path,
    stop: Any,
    on_chunk: Callable[[], None] = lambda: None,
) -> dict[str, Path]:
    """Pull offered files, one after another.

    Parameters
    ----------
    cell : the engine's end of the line here
    source : full name of the cell that offers them
    offers : by file name
    folder : made if it is not there; owner only
    stop : the engine's signal; when it is raised, the pull breaks off
    on_chunk : called for each chunk that came

    Returns
    -------
    the files by name: each whole, its length and SHA-256 checked

    Raises
    ------
    WireError
        If one breaks off, or is not what was offered; nothing of it is left.
    """
    pulled = {}
    for name, offer in offers.items():
        consumer = _Pulled(IncomingFile(folder / name, offer), on_chunk)
        download_object(
            from_fqcn=source,
            ref_id=offer.reference,
            per_request_timeout=_REQUEST_S,
            cell=cell,
            consumer=consumer,
            abort_signal=stop,
            max_retries=_TRIES_AGAIN,
        )
        if consumer.failure:
            raise WireError(f"file {name} broke off: {consumer.failure}")
        pulled[name] = folder / name
    return pulled


def station_of(fl_ctx: Any) -> Station:
    """Read the settings of the machine that a job runs on, from its own kit."""
    return load_station(Path(fl_ctx.get_engine().get_workspace().get_site_config_dir()))


class RoundExecutor(Executor):  # type: ignore[misc]
    """A hospital's side of one round's job; the handler is made at the first task and lives as long as the job.

    A task cannot be broken off: one that still runs when its job is aborted, or when a newer job has come, ends with
    its process, as if the machine had failed. What a handler keeps on disk withstands that.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held = ExitStack()
        self._offers = ExitStack()
        self._handler: HospitalHandler | None = None
        self._busy = False

    def handle_event(self, event_type: str, fl_ctx: Any) -> None:  # noqa: ARG002
        """At the job's end, let go of offers and of the state folder; a task that still runs keeps both."""
        if event_type == EventType.END_RUN and not self._busy:
            self._offers.close()
            self._held.close()

    def execute(self, task_name: str, shareable: Any, fl_ctx: Any, abort_signal: Any) -> Any:  # noqa: ARG002
        """Do one task; the engine calls it, one at a time."""
        self._busy = True
        try:
            return self._do(shareable, fl_ctx, abort_signal)
        except PleuraError as error:
            return _refusal(str(error))
        except Exception as error:
            _LOG.exception("a task failed")
            return _refusal(f"a fault in the hospital's own software ({type(error).__name__}); its log says more")
        finally:
            self._busy = False

    def _do(self, shareable: Any, fl_ctx: Any, abort_signal: Any) -> Any:
        self._offers.close()
        station = station_of(fl_ctx)
        deadline_s = float(shareable["deadline_s"])
        state, job = owner_only(station.state), fl_ctx.get_job_id()
        if self._handler is None:
            write_text(state / _NEWEST, job)
            self._held.enter_context(sole_user(state, wait_s=deadline_s))
            self._handler = load_entry(station.entry)(state)
        with _ends_with_its_job(state, job, abort_signal):
            cell = fl_ctx.get_engine().get_cell()
            server = FQCN.join([FQCN.ROOT_SERVER, job])
            own = shareable.get("own", {}).get(fl_ctx.get_identity_name(), {})
            offers = read_offers({**shareable["files"], **own}, station.largest_bytes)
            inbox = state / "inbox"
            shutil.rmtree(inbox, ignore_errors=True)
            files = pull(cell, server, offers, owner_only(inbox), abort_signal)
            reply = self._handler.handle(shareable["task"], shareable["message"], files)
            going = self._offers.enter_context(
                offered(cell, reply.files, [server], idle_s=deadline_s, chunk_bytes=station.chunk_bytes)
            )
        answer = make_reply(ReturnCode.OK)
        answer["message"] = reply.message
        answer["files"] = write_offers(going)
        return answer


@contextmanager
def _ends_with_its_job(state: Path, job: str, abort_signal: Any) -> Iterator[None]:
    """End this process if the block still runs when a newer job has come, or some time after its own was aborted."""
    over = threading.Event()

    def watch() -> None:
        aborted = None
        while not over.wait(_LOOK_S):
            if abort_signal.triggered:
                aborted = aborted or time.monotonic()
            late = aborted is not None and time.monotonic() - aborted > _ABORT_S
            if late or (state / _NEWEST).read_text(encoding="utf-8") != job:
                _LOG.warning("a task is broken off, its job is over")
                os._exit(1)

    watcher = threading.Thread(target=watch, name="watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _refusal(reason: str) -> Shareable:
    answer = make_reply(ReturnCode.OK)
    answer["refusal"] = reason
    return answer

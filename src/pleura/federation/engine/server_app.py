"""The server in the engine: a `Channel` to the hospitals of one job, the controller that runs rounds over it.

Also the coordinator's session with the server, over which jobs are submitted and let go on.
"""

import logging
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nvflare.apis.controller_spec import ClientTask, Task  # type: ignore[import-untyped]
from nvflare.apis.fl_constant import ReturnCode  # type: ignore[import-untyped]
from nvflare.apis.impl.controller import Controller  # type: ignore[import-untyped]
from nvflare.apis.shareable import Shareable  # type: ignore[import-untyped]
from nvflare.apis.signal import Signal  # type: ignore[import-untyped]
from nvflare.fuel.f3.cellnet.fqcn import FQCN  # type: ignore[import-untyped]
from nvflare.fuel.flare_api.flare_api import new_secure_session  # type: ignore[import-untyped]

from pleura.errors import PleuraError, SecureSumError, WireError
from pleura.federation.engine.hospital_app import offered, pull, station_of
from pleura.federation.engine.job import GO_ON, TASK
from pleura.federation.engine.offers import Offer, read_offers, write_offers
from pleura.federation.engine.replies import Replies
from pleura.federation.engine.rolling import Session
from pleura.federation.engine.station import Station, load_entry, owner_only, sole_user
from pleura.federation.rounds.exchange import Closing, Reply

__all__ = ["FlareChannel", "RoundController", "open_session"]

_LOOK_S = 0.05
_LAST_CHUNKS_S = 30.0
_WORD_S = 3.0
_LARGEST_MESSAGE = 4 * 2**20
_LOG = logging.getLogger(__name__)


class FlareChannel:
    """A `Channel` to the hospitals of one job.

    Parameters
    ----------
    controller : the engine's controller of the job
    fl_ctx : its context
    abort_signal : raised when the job is ended from outside
    station : the server's settings
    """

    def __init__(self, controller: Controller, fl_ctx: Any, abort_signal: Any, station: Station) -> None:
        self._controller = controller
        self._fl_ctx = fl_ctx
        self._abort = abort_signal
        self._station = station
        self._cell = fl_ctx.get_engine().get_cell()
        self._job = fl_ctx.get_job_id()
        self.lost: set[str] = set()
        """Hospitals of the job that did not answer a task, or are gone; once back they are in the next job."""

    def present(self) -> frozenset[str]:
        """Give the hospitals that the engine authenticated and has not lost, by the names in their certificates."""
        return frozenset(self._connected())

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
        """Give one task to several hospitals and wait for them until `closing` says so; see `Channel`.

        Raises
        ------
        SecureSumError
            If the job is ended from outside meanwhile.
        """
        connected = self._connected()
        asked = {name: connected[name] for name in sorted(set(to) & set(connected))}
        if not asked:
            return {}
        replies = Replies(asked, closing)
        cut = Signal()
        with ThreadPoolExecutor(self._station.window, "pull") as pullers, ExitStack() as offers:
            going = offers.enter_context(self._offered(files or {}, asked.values(), closing))
            going_to = {
                name: offers.enter_context(self._offered((own or {}).get(name, {}), [cell], closing))
                for name, cell in asked.items()
            }

            def take(client_task: ClientTask, fl_ctx: Any) -> None:  # noqa: ARG001 (the engine names both)
                result, name = client_task.result, client_task.client.name
                client_task.result = None
                if name in asked and replies.coming(name):
                    pullers.submit(self._receive, name, asked[name], result, replies, inbox / name, cut)

            given = Task(TASK, _letter(task, message, going, going_to, closing), result_received_cb=take)
            self._controller.broadcast(given, self._fl_ctx, targets=list(asked), min_responses=0)
            try:
                while not (replies.done() or self._abort.triggered):
                    for name in asked.keys() - self._connected().keys():
                        replies.lost(name)
                    time.sleep(_LOOK_S)
            finally:
                came = replies.close()
                cut.trigger("nobody is waited for any more")
                self._controller.cancel_task(given)
        if self._abort.triggered:
            raise SecureSumError("the round was ended from outside before it was whole; it is run again")
        gone = {client.name for client in self._fl_ctx.get_engine().get_clients()} - self._connected().keys()
        self.lost |= gone | (asked.keys() - came.keys())
        return came

    def _offered(
        self, files: Mapping[str, Path], cells: Collection[str], closing: Closing
    ) -> AbstractContextManager[dict[str, Offer]]:
        """Offer files to some hospitals while they are waited for."""
        return offered(
            self._cell,
            files,
            [FQCN.join([cell, self._job]) for cell in cells],
            idle_s=closing.deadline_s + _LAST_CHUNKS_S,
            chunk_bytes=min(self._station.chunk_bytes, 2**20),  # all hospitals pull at once, and cannot be queued
        )

    def _connected(self) -> dict[str, str]:
        """Full name of each hospital's cell, by the hospital's name."""
        return {
            client.name: client.get_fqcn()
            for client in self._fl_ctx.get_engine().get_clients()
            if not self._controller.get_client_disconnect_time(client.name)
        }

    def _receive(self, name: str, cell: str, result: Any, replies: Replies, folder: Path, cut: Signal) -> None:
        """Pull one hospital's files; a reply that is not whole does not count."""
        try:
            if result is None or result.get_return_code() != ReturnCode.OK:
                code = "nothing" if result is None else result.get_return_code()
                raise WireError(f"the engine gave {code}")
            if reason := result.get("refusal"):
                replies.refused(name, str(reason)[:2000])
                return
            message = result.get("message")
            if not isinstance(message, bytes) or len(message) > _LARGEST_MESSAGE:
                raise WireError(f"a reply's message is bytes, at most {_LARGEST_MESSAGE}")
            offers = read_offers(result.get("files"), self._station.largest_bytes)
            files = pull(self._cell, FQCN.join([cell, self._job]), offers, folder, cut, replies.byte)
            replies.whole(name, Reply(message, files))
        except Exception as error:
            _LOG.warning("the reply of %s did not come whole: %s", name, error)
            replies.lost(name)


class RoundController(Controller):  # type: ignore[misc]
    """Rounds: runs the entry of the server's own station over a `FlareChannel`, again and again while it may.

    A job's hospitals are those that were connected when it began. So it goes on with another round only if the
    coordinator, who sees who has come since, gives its word for it, and none of the job's hospitals was lost.

    Parameters
    ----------
    number : of the first round, from 1, as the job has it
    """

    def __init__(self, number: int) -> None:
        super().__init__(task_check_period=0.1)
        self._number = self._last = number
        self._word = threading.Condition()

    def start_controller(self, fl_ctx: Any) -> None:
        """Nothing is made before the round begins."""

    def stop_controller(self, fl_ctx: Any) -> None:
        """Nothing is left when the round is over."""

    def process_result_of_unknown_task(
        self, client: Any, task_name: str, client_task_id: str, result: Any, fl_ctx: Any
    ) -> None:
        """Drop a reply that nobody waits for any more."""

    def control_flow(self, abort_signal: Any, fl_ctx: Any) -> None:
        """Run the rounds; the engine calls it once a job."""
        try:
            station = station_of(fl_ctx)
            state = owner_only(station.state)
            fl_ctx.get_engine().register_app_command(GO_ON, self._take_word)
            with sole_user(state, wait_s=10.0):
                channel = FlareChannel(self, fl_ctx, abort_signal, station)
                play, number = load_entry(station.entry), self._number
                while play(channel, state, number) and not channel.lost and self._may_play(number + 1, abort_signal):
                    number += 1
        except PleuraError as error:
            self.system_panic(str(error), fl_ctx)

    def _take_word(self, topic: str, data: Any, fl_ctx: Any) -> dict[str, Any]:  # noqa: ARG002 (the engine calls it)
        """Note how far the job may go on."""
        with self._word:
            self._last = max(self._last, int(data["last"]))
            self._word.notify_all()
        return {"last": self._last}

    def _may_play(self, number: int, abort_signal: Any) -> bool:
        """Wait a moment for the coordinator's word for a round; without one the job ends."""
        with self._word:
            given = self._word.wait_for(lambda: self._last >= number or abort_signal.triggered, _WORD_S)
        return given and not abort_signal.triggered


def _letter(
    task: str,
    message: bytes,
    offers: Mapping[str, Offer],
    own: Mapping[str, Mapping[str, Offer]],
    closing: Closing,
) -> Shareable:
    """Write the letter that all get; who reads another hospital's offers cannot pull them."""
    letter = Shareable()
    letter["task"] = task
    letter["message"] = message
    letter["files"] = write_offers(offers)
    letter["own"] = {name: write_offers(theirs) for name, theirs in own.items() if theirs}
    letter["deadline_s"] = closing.deadline_s
    return letter


class _FlareSession:
    """A coordinator's session with the server."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def connected(self) -> frozenset[str]:
        return frozenset(client.name for client in self._session.get_system_info().client_info)

    def submit(self, job: Path) -> str:
        return str(self._session.submit_job(str(job)))

    def status(self, job: str) -> str:
        return str(self._session.get_job_meta(job).get("status"))

    def go_on(self, job: str, last: int) -> bool:
        try:
            self._session.do_app_command(job, GO_ON, {"last": last})
        except Exception as error:  # the job is not there yet, or no more
            _LOG.info("job %s was not let go on: %s", job, error)
            return False
        return True

    def abort(self, job: str) -> None:
        self._session.abort_job(job)


@contextmanager
def open_session(kit: Path, coordinator: str, login_s: float = 15.0) -> Iterator[Session]:
    """Log the coordinator in at the server; the session ends with the block.

    Parameters
    ----------
    kit : the coordinator's own
    coordinator : the name in its certificate
    login_s : seconds after which the server counts as down
    """
    session = new_secure_session(coordinator, str(kit), timeout=login_s)
    try:
        yield _FlareSession(session)
    finally:
        session.close()

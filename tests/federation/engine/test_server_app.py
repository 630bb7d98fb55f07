"""The server's channel of the engine, without a network: a controller of the test hands replies in."""

from collections.abc import Callable, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nvflare.apis.fl_constant import ReturnCode
from nvflare.apis.shareable import Shareable, make_reply
from nvflare.apis.signal import Signal

from pleura.errors import SecureSumError
from pleura.federation.engine.job import GO_ON
from pleura.federation.engine.server_app import FlareChannel, RoundController
from pleura.federation.engine.station import Station, save_station
from pleura.federation.rounds.exchange import Closing, Reply

CLOSING = Closing(quorum=2, grace_s=0.2, deadline_s=5.0)


class Controller:
    """Gives each hospital its task at once, and takes what `answers` has for it."""

    def __init__(self, answers: dict[str, list[Shareable | None]], gone: str = "") -> None:
        self.answers, self.gone = answers, gone
        self.cancelled = 0
        self.given: Any = None

    def get_client_disconnect_time(self, name: str) -> float | None:
        return 1.0 if name == self.gone else None

    def broadcast(self, task: Any, fl_ctx: object, targets: list[str], min_responses: int) -> None:
        self.given, self.targets = task.data, targets
        for name, results in self.answers.items():
            for result in results:
                client_task = SimpleNamespace(result=result, client=SimpleNamespace(name=name))
                task.result_received_cb(client_task=client_task, fl_ctx=fl_ctx)

    def cancel_task(self, task: object) -> None:
        self.cancelled += 1


def channel(controller: Controller, state: Path, abort: Signal | None = None) -> FlareChannel:
    clients = [SimpleNamespace(name=name, get_fqcn=lambda name=name: name) for name in ("aare", "birs", "cher")]
    engine = SimpleNamespace(get_cell=lambda: None, get_clients=lambda: clients)
    context = SimpleNamespace(get_engine=lambda: engine, get_job_id=lambda: "job-1")
    return FlareChannel(controller, context, abort or Signal(), Station("a.b:c", state))


def answer(**fields: object) -> Shareable:
    made = make_reply(ReturnCode.OK)
    made.update(fields)
    return made


def ask(made: FlareChannel, to: set[str], inbox: Path) -> dict[str, Reply | str]:
    return made.ask("work", b"words", to, closing=CLOSING, inbox=inbox)


def test_replies_and_refusals_come_by_name(tmp_path: Path) -> None:
    controller = Controller(
        {
            "cher": [answer(message=b"c", files={})],
            "aare": [answer(message=b"a", files={}), answer(message=b"again", files={})],
            "birs": [answer(refusal="not today")],
            "doubs": [answer(message=b"stranger", files={})],
        }
    )
    made = channel(controller, tmp_path)
    assert made.present() == {"aare", "birs", "cher"}
    replies = ask(made, {"aare", "birs", "cher", "doubs"}, tmp_path)
    assert replies == {"aare": Reply(b"a"), "birs": "not today", "cher": Reply(b"c")}
    assert controller.targets == ["aare", "birs", "cher"]
    assert made.lost == set()
    assert (controller.given["task"], controller.given["message"]) == ("work", b"words")
    assert controller.cancelled == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: None,
        lambda: make_reply(ReturnCode.EXECUTION_EXCEPTION),
        lambda: answer(),
        lambda: answer(message="text", files={}),
        lambda: answer(message=bytes(2**22 + 1), files={}),
        lambda: answer(message=b"", files={"../up": {}}),
        lambda: answer(message=b"", files={"up": {"reference": "R", "bytes": 2**40, "sha256": "0" * 64}}),
    ],
)
def test_a_reply_that_is_none_does_not_count(tmp_path: Path, wrong: Callable[[], Shareable | None]) -> None:
    good = answer(message=b"", files={})
    controller = Controller({"aare": [good], "birs": [wrong()], "cher": [good]})
    made = channel(controller, tmp_path)
    assert set(ask(made, {"aare", "birs", "cher"}, tmp_path)) == {"aare", "cher"}
    assert made.lost == {"birs"}


def test_a_hospital_that_is_gone_is_neither_present_nor_asked(tmp_path: Path) -> None:
    controller = Controller({"aare": [answer(message=b"", files={})]}, gone="cher")
    made = channel(controller, tmp_path)
    assert made.present() == {"aare", "birs"}
    assert set(ask(made, {"aare", "cher"}, tmp_path)) == {"aare"}
    assert made.lost == {"cher"}
    assert controller.targets == ["aare"]
    assert ask(made, {"cher"}, tmp_path) == {}


def test_a_job_that_is_ended_from_outside_ends_the_wait(tmp_path: Path) -> None:
    abort = Signal()
    abort.trigger("ended")
    controller = Controller({})
    with pytest.raises(SecureSumError, match="ended from outside"):
        ask(channel(controller, tmp_path, abort), {"aare"}, tmp_path)
    assert controller.cancelled == 1


@pytest.mark.parametrize(
    ("words", "loses", "not_next", "played"),
    [
        ((), (), (), [4]),
        ((5, 6), (), (), [4, 5, 6]),
        ((6,), (), (), [4, 5, 6]),
        ((6, 5), (), (), [4, 5, 6]),
        ((9,), (5,), (), [4, 5]),
        ((9,), (), (4,), [4]),
    ],
)
def test_a_job_plays_what_it_may_while_nobody_is_lost(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: Collection[int],
    loses: Collection[int],
    not_next: Collection[int],
    played: list[int],
) -> None:
    seen: list[int] = []

    def play(channel: FlareChannel, state: Path, number: int) -> bool:
        seen.append(number)
        channel.lost |= {"cher"} if number in loses else set()
        return number not in not_next

    monkeypatch.setattr("pleura.federation.engine.server_app.load_entry", lambda entry: play)
    monkeypatch.setattr("pleura.federation.engine.server_app._WORD_S", 0.05)
    tmp_path.chmod(0o700)
    save_station(tmp_path, Station("a.b:c", tmp_path))
    commands: dict[str, Any] = {}
    engine = SimpleNamespace(
        get_cell=lambda: None,
        get_clients=list,
        get_workspace=lambda: SimpleNamespace(get_site_config_dir=lambda: str(tmp_path)),
        register_app_command=commands.__setitem__,
    )
    context = SimpleNamespace(get_engine=lambda: engine, get_job_id=lambda: "job-1")
    controller = RoundController(4)
    for word in words:
        controller._take_word(GO_ON, {"last": word}, context)
    controller.control_flow(Signal(), context)
    assert seen == played
    assert list(commands) == [GO_ON]

"""What a closed machine must not build: classes that say that they were built. They lie where its Python looks."""

from pathlib import Path

from nvflare.apis.executor import Executor
from nvflare.apis.impl.controller import Controller


class Guest(Executor):
    """Leaves a file where it was built."""

    def __init__(self, marker: str) -> None:
        super().__init__()
        Path(marker).touch()

    def execute(self, task_name, shareable, fl_ctx, abort_signal):
        return shareable


class Host(Controller):
    """The same, at the server."""

    def __init__(self, marker: str) -> None:
        super().__init__()
        Path(marker).touch()

    def start_controller(self, fl_ctx): ...

    def stop_controller(self, fl_ctx): ...

    def control_flow(self, abort_signal, fl_ctx): ...

    def process_result_of_unknown_task(self, client, task_name, client_task_id, result, fl_ctx): ...

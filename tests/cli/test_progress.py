import io

import pytest
from rich.console import Console

from pleura.cli import progress
from pleura.cli.progress import watch


def _run(console: Console) -> None:
    with watch(console) as watcher:
        watcher.start("reading [1]", 3)
        for _ in range(3):
            watcher.advance()
        watcher.say("half [way]")
        watcher.start("writing", 1)
        watcher.advance()


def test_a_log_has_what_was_said_and_nothing_else() -> None:
    file = io.StringIO()
    _run(Console(file=file))
    assert file.getvalue() == "half [way]\n"


def test_a_log_hears_of_a_long_task_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "monotonic", iter(range(0, 10_000, 25)).__next__)
    file = io.StringIO()
    with watch(Console(file=file)) as watcher:
        watcher.start("reading", 9)
        for _ in range(9):
            watcher.advance()
    # One look at the clock an advance, one more a line: every 25 s, so a line each third advance.
    assert file.getvalue().splitlines() == ["reading: 3 of 9", "reading: 6 of 9", "reading: 9 of 9"]


def test_a_terminal_has_bars_and_the_lines_above_them() -> None:
    file = io.StringIO()
    _run(Console(file=file, force_terminal=True, width=80))
    shown = file.getvalue()
    assert "half [way]" in shown
    assert "reading [1]" in shown
    assert "writing" in shown

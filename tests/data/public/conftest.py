import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pleura.data.public.choices import Choices
from pleura.data.public.importing import Imported, import_cohort
from pleura.data.public.layouts import find_layout

Rows = list[dict[str, str]]


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., tuple[Path, Rows, dict[str, str], Imported]]:
    """Import a folder; gives the cohort, its rows, and what was left out with its reasons."""

    def run(layout: str, folder: Path, choices: Choices = Choices()) -> tuple[Path, Rows, dict[str, str], Imported]:
        out = tmp_path / "cohort"
        imported = import_cohort(find_layout(layout), folder, out, choices)
        with (out / "cases.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        with (out / "left-out.csv").open(newline="") as file:
            reasons = {row["source"]: row["reason"] for row in csv.DictReader(file)}
        return out, rows, reasons, imported

    return run

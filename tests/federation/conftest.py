"""Micro hospitals, prepared once; imported only when a test asks, as the secure sum's tests need no torch."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def hospitals_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from federation import tiny

    return tiny.write_hospitals(tmp_path_factory.mktemp("hospitals") / "cohort")


@pytest.fixture(scope="session")
def slices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder; while it is there, recipes may name `tiny.Line`."""
    from federation import tiny
    from pleura.models.registry import ARCHITECTURES

    ARCHITECTURES["line"] = tiny.Line
    yield tmp_path_factory.mktemp("slices")
    del ARCHITECTURES["line"]

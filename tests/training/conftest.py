"""A micro cohort, prepared once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from training import micro


@pytest.fixture(scope="session")
def micro_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro.write_cohort(tmp_path_factory.mktemp("micro") / "cohort")


@pytest.fixture(scope="session")
def micro_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slices")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny operations gain nothing from a second thread, and wait long for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

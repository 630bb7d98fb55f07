"""A micro cohort, prepared once."""

from pathlib import Path

import pytest

from training import micro


@pytest.fixture(scope="session")
def micro_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return micro.write_cohort(tmp_path_factory.mktemp("micro") / "cohort")


@pytest.fixture(scope="session")
def micro_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slices")

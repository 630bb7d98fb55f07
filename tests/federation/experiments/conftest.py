"""Micro hospitals with test cases, written once."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tested_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from federation.experiments import hospitals

    return hospitals.write_tested(tmp_path_factory.mktemp("tested") / "cohort")

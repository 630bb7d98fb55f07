"""One small synthetic table for all tests of clinical training."""

from pathlib import Path

import pytest

from training.clinical.drawn import draw_cohort


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clinical.csv, cases.csv and ct.csv of 72 cases; the first 6 patients have two."""
    folder = tmp_path_factory.mktemp("drawn")
    draw_cohort(folder, cases=72, twice=6)
    return folder

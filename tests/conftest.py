"""Shared by all tests: where the real data lie, and a seeded generator."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch

REPOSITORY = Path(__file__).resolve().parents[1]

# On a busy machine anything takes long; no test says how long.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("busy")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real studies; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("PLEURA_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set PLEURA_REAL_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def run_r(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that runs a program in R, with pROC at hand, and gives what it prints.

    Without R (Debian: r-cran-proc) a test that needs it skips, but fails in continuous integration.
    """
    program = shutil.which("Rscript")
    found = (
        program and subprocess.run([program, "-e", "library(pROC)"], capture_output=True, check=False).returncode == 0
    )
    if not found:
        reason = "no Rscript with the package pROC; install r-cran-proc"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("r")

    def run(code: str) -> str:
        script = folder / "program.R"
        script.write_text("options(digits = 17, warn = 1)\nsuppressPackageStartupMessages(library(pROC))\n" + code)
        done = subprocess.run(
            [str(program), "--vanilla", str(script)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny operations gain nothing from a second thread, and wait long for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20201121)

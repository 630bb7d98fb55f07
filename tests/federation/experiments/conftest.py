"""Micro hospitals with test cases, written once; no figures of single federations, which have tests of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tested_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from federation.experiments import hospitals

    return hospitals.write_tested(tmp_path_factory.mktemp("tested") / "cohort")


@pytest.fixture(scope="module", autouse=True)
def _no_rounds_figure() -> Iterator[None]:
    """A simulation's figure takes a second; an experiment runs many simulations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pleura.federation.simulation.simulate.rounds_figure", lambda *_, **__: None)
        patch.setattr("pleura.federation.simulation.simulate.save_figure", lambda *_: None)
        yield

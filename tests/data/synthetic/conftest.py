"""Small cases that several tests look at, generated once."""

from collections.abc import Callable
from functools import cache

import pytest

from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.scanner.protocol import Protocol

Tiny = Callable[..., SyntheticCase]


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """A case of 24 x 64 x 64 by seed, label and severity; the same object for the same arguments."""

    @cache
    def make(seed: int, label: str, severity: int = 2) -> SyntheticCase:
        protocol = Protocol.draw(seed, scanner="GE LightSpeed16", shape=(24, 64, 64))
        return generate_case(seed=seed, label=label, severity=severity, protocol=protocol)

    return make

"""Van Dyke's reader study, which several published analyses are of."""

from pathlib import Path

import numpy as np
import pytest

from pleura.evaluation.readers.readings import Readings


@pytest.fixture(scope="session")
def van_dyke() -> Readings:
    """Five readers, two conditions, 69 cases without and 45 with aortic dissection; see van_dyke.txt."""
    lines = Path(__file__).with_name("van_dyke.txt").read_text().splitlines()
    ratings = np.array([[list(map(float, pair)) for pair in line.split()] for line in lines if line[0] != "#"])
    return Readings(
        conditions=("spin echo", "cine"),
        readers=tuple("12345"),
        cases=tuple(str(case) for case in range(1, 115)),
        positive=np.arange(114) >= 69,
        scores=ratings.transpose(2, 0, 1),
    )

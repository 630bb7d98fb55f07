from typing import Any

import pytest

from pleura.data.public.choices import Choices
from pleura.errors import CohortError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": {"CP": "pneumonia"}}, 'class CP as "pneumonia"; need one of healthy, covid-19'),
        ({"shares": (0.5, 0.2, 0.2)}, "0.5, 0.2, 0.2; need none below 0, and 1 together"),
        ({"shares": (1.2, -0.2, 0.0)}, "need none below 0"),
        ({"extent": (35.0, 300.0)}, "extent 35,300; need WIDTH,LENGTH in mm"),
        ({"extent": (float("nan"), 300.0)}, "extent nan,300"),
        ({"first": "top"}, 'pictures begin at "top"; need head or feet'),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_choices_that_cannot_be_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(CohortError, match=said):
        Choices(**given)

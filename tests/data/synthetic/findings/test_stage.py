import pytest

from pleura.data.synthetic.findings.stage import Stage
from pleura.errors import RecipeError


def test_what_a_stage_may_be() -> None:
    stage = Stage(day=10, extent=1.5, consolidation=1.0, crazy_paving=0.0, bands=1.0)
    assert stage.extent == 1.5
    assert hash(stage) == hash(Stage(day=10, extent=1.5, consolidation=1.0, crazy_paving=0.0, bands=1.0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"day": -1}, "day = -1; need 0 or more"),
        ({"extent": 1.6}, "extent = 1.6; need a number from 0 to 1.5"),
        ({"extent": float("nan")}, "extent = nan"),
        ({"consolidation": -0.1}, "consolidation = -0.1; need a number from 0 to 1"),
        ({"crazy_paving": 2.0}, "crazy_paving = 2.0"),
        ({"bands": 1.01}, "bands = 1.01"),
    ],
)
def test_refuses_what_lies_outside_its_range(values, expected) -> None:
    with pytest.raises(RecipeError, match=expected):
        Stage(**({"day": 3, "extent": 1.0, "consolidation": 0.2} | values))

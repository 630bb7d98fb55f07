"""A line of `pleura federation status` on a round's model; the whole command is run with real rounds elsewhere."""

import numpy as np
import pytest

from pleura.cli.federation_status import describe_metrics
from pleura.federation.learning.overlap import pool_overlap

ROUND = {"round": 2, "hospitals": 3}


def test_a_classifier_has_accuracy() -> None:
    said = describe_metrics({**ROUND, "accuracy": 0.75, "log_loss": 0.5, "cases": 12})
    assert said == "model after 2 rounds, 3 hospitals: accuracy 0.750, log loss 0.500 on 12 cases"


@pytest.mark.parametrize(
    ("having", "said"),
    [
        (2, "model after 2 rounds, 3 hospitals: mean Dice 0.350 on 2 of 5 cases"),
        (0, "model after 2 rounds, 3 hospitals"),
    ],
)
def test_a_segmenter_has_dice_where_there_was_something_to_find(having: int, said: str) -> None:
    """Dice of 0.2 and 0.5, in thousandths."""
    names = ("true_positives", "false_positives", "false_negatives", "having", "dice", "loss", "cases")
    counts = dict(zip(names, ([8], [4], [4], [having], [700], [900], [5]), strict=True))
    pooled = pool_overlap({name: np.array(value) for name, value in counts.items()}, ("none", "lesion"))
    assert describe_metrics({**ROUND, **pooled.row()}) == said

"""The reliability figure: what is drawn is what the card's table holds."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from pleura.evaluation.figures.reliability import reliability_figure

TABLE = {
    "probability": [0.55, 0.7, 0.9],
    "right": [0.5, 0.75, 1.0],
    "right_low": [0.3, 0.6, 0.8],
    "right_high": [0.7, 0.85, 1.0],
    "cases": [20, 40, 10],
}


def test_points_lie_where_the_table_says_and_are_as_large_as_their_bins() -> None:
    axes = reliability_figure(TABLE, "a model").axes[0]
    (points,) = [one for one in axes.collections if isinstance(one, PathCollection)]
    np.testing.assert_allclose(points.get_offsets(), np.stack([TABLE["probability"], TABLE["right"]], axis=1))
    np.testing.assert_allclose(points.get_sizes() / points.get_sizes()[0], [1, 2, 0.5])
    assert axes.get_title() == "a model"


def test_a_table_that_lacks_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="need columns probability"):
        reliability_figure({name: TABLE[name] for name in ("probability", "right")}, "")
    with pytest.raises(ValueError, match="of one length"):
        reliability_figure(TABLE | {"cases": [1]}, "")

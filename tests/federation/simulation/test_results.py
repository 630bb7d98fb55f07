import matplotlib.pyplot as plt
import numpy as np
import pytest

from pleura.federation.learning.lessons.find import find_lesson
from pleura.federation.learning.pooled import pool
from pleura.federation.learning.scores import count_answers
from pleura.federation.learning.settings import FederationSettings, LocalSettings, WeightSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.simulation.results import as_written, federated_card, rounds_figure
from pleura.models.card import card_to_toml, parse_card
from pleura.settings import CLASSES, TrainingRecipe


def test_the_figure_draws_the_rows_that_have_a_number() -> None:
    rows = [
        {"round": 0, "accuracy": 0.25, "log_loss": 1.4, "sensitivity covid-19": 0.5},
        {"round": 1, "log_loss": 1.3},
        {"round": 2, "accuracy": 0.75, "log_loss": 1.1, "sensitivity covid-19": 0.25},
    ]
    figure = rounds_figure(rows, find_lesson(TrainingRecipe(name="n")).panels, title="three hospitals")
    drawn = {
        str(line.get_label()): np.asarray(line.get_xydata()).tolist() for axes in figure.axes for line in axes.lines
    }
    assert drawn == {
        "accuracy": [[0, 0.25], [2, 0.75]],
        "covid-19": [[0, 0.5], [2, 0.25]],
        "log loss": [[0, 1.4], [1, 1.3], [2, 1.1]],
    }
    assert figure.get_suptitle() == "three hospitals"
    assert not plt.get_fignums()  # nothing is left open


def test_what_is_judged_is_rounded_as_what_is_written() -> None:
    tensors = {"w": np.float32([[0.1, 1 / 3]]), "b": np.float32([0.1])}
    half = as_written(tensors, half=True)
    assert half["w"].tolist() == np.float16([[0.1, 1 / 3]]).astype(np.float32).tolist() != tensors["w"].tolist()
    assert half["b"] is tensors["b"]
    assert as_written(tensors, half=False)["w"] is tensors["w"]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_card_tells_sums_only_and_is_read_back(simulated: bool) -> None:
    state = GlobalState(round=7, tensors={}, kept={}, limits={}, reach=8, labels=(3, 4, 5, 6))
    probabilities = np.eye(4)[[0, 1, 2, 2]] * 0.9 + 0.025
    counts = count_answers(probabilities, np.array([0, 1, 2, 3]), classes=4, bins=100)
    card = federated_card(
        find_lesson(TrainingRecipe(name="together")),
        FederationSettings(local=LocalSettings(amount=2), weights=WeightSettings(by="cases")),
        state,
        pool(counts, CLASSES, 100).row(),
        hospitals=5,
        synthetic=False,
        simulated=simulated,
        parent=None,
    )
    assert parse_card(card_to_toml(card)) == card
    how = "federated in a simulation" if simulated else "federated"
    assert card.training["summary"] == f"18 real cases of 5 hospitals, {how}"
    assert not card.synthetic
    assert (card.training["rounds"], card.training["local"], card.training["weights"]) == (
        7,
        "2 epochs a round",
        "cases",
    )
    assert card.training["labels"] == dict(zip(CLASSES, (3, 4, 5, 6), strict=True))
    assert card.metrics["summary"] == "75.0% of 4 validation cases right"
    assert card.metrics["validation"]["sensitivity_bacterial"] == 0

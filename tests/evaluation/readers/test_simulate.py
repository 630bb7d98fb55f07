"""Simulated readers have the accuracies they were given, miss the same cases, and are marked."""

from dataclasses import replace

import numpy as np
import pytest

from pleura.errors import CohortError, RecipeError
from pleura.evaluation.readers.simulate import Panel, read_panel, simulate_readers, ucadi_panel
from pleura.evaluation.readers.table import Answers
from pleura.evaluation.readers.vote import majority_vote

CLASSES = ("healthy", "covid-19", "other-viral", "bacterial")
TRUTH = np.repeat([0, 1, 2, 3], np.array([80, 80, 20, 60]) * 50)  # the paper's mix, fifty times


def _draw(panel: Panel, seed: int = 4) -> Answers:
    return simulate_readers([str(index) for index in range(len(TRUTH))], TRUTH, CLASSES, panel=panel, seed=seed)


def test_the_panel_is_the_papers() -> None:
    panel = ucadi_panel()
    assert panel.sensitivity == (0.875, 0.90, 0.55, 0.80, 0.68, 0.93)
    assert panel.specificity == (0.92, 0.97, 0.89, 0.95, 0.88, 0.79)
    assert np.mean(panel.sensitivity) == pytest.approx(0.79, abs=0.005)  # the means that the paper gives
    assert np.mean(panel.specificity) == pytest.approx(0.90, abs=0.005)


def test_each_reader_has_the_accuracies_asked_for() -> None:
    """Within four standard deviations of a binomial count."""
    panel = ucadi_panel()
    for row, sensitivity, specificity in zip(_draw(panel).answers, panel.sensitivity, panel.specificity, strict=True):
        for found, wanted, cases in (
            ((row[TRUTH == 1] == 1).mean(), sensitivity, 4000),
            ((row[TRUTH != 1] != 1).mean(), specificity, 8000),
        ):
            assert found == pytest.approx(wanted, abs=4 * np.sqrt(wanted * (1 - wanted) / cases))


def test_readers_miss_the_same_cases_as_far_as_they_are_correlated() -> None:
    def together(correlation: float) -> float:
        right = _draw(replace(ucadi_panel(), correlation=correlation)).answers[:, TRUTH == 1] == 1
        return float(np.corrcoef(right)[np.triu_indices(6, 1)].mean())

    assert together(0.0) == pytest.approx(0, abs=0.03)
    assert 0.15 < together(0.5) < together(0.9)


def test_the_vote_comes_near_the_papers() -> None:
    """The paper's vote has 90 % and 95.6 %."""
    votes = majority_vote(_draw(ucadi_panel()).answers, 4)[:, 1]
    assert votes[TRUTH == 1].mean() == pytest.approx(0.90, abs=0.02)
    assert 1 - votes[TRUTH != 1].mean() == pytest.approx(0.956, abs=0.03)


def test_other_viral_pneumonia_is_taken_for_covid_more_than_healthy_lungs_are() -> None:
    said = _draw(ucadi_panel()).answers == 1
    assert said[:, TRUTH == 2].mean() > 1.5 * said[:, TRUTH == 3].mean() > 3 * said[:, TRUTH == 0].mean()


def test_the_seed_decides() -> None:
    one, same, other = (_draw(ucadi_panel(), seed).answers for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_everything_is_marked() -> None:
    answers = _draw(ucadi_panel())
    assert answers.simulated
    assert all(name.startswith("SIMULATED") for name in (*answers.readers, *answers.tiers))


def test_two_classes_are_enough() -> None:
    panel = replace(ucadi_panel(), target="1")
    answers = simulate_readers(list("abcd"), [0, 1, 0, 1], ("0", "1"), panel=panel, seed=0)
    assert set(answers.answers.ravel().tolist()) <= {0, 1}


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(CohortError, match="no class covid-19 among a, b"):
        simulate_readers(["x"], [0], ("a", "b"), panel=ucadi_panel(), seed=0)
    with pytest.raises(CohortError, match="cases of covid-19 and of other classes"):
        simulate_readers(["x"], [1], CLASSES, panel=ucadi_panel(), seed=0)


@pytest.mark.parametrize(
    "wrong", [{"sensitivity": (1.0,) * 6}, {"names": ("R1",)}, {"correlation": 1.0}, {"mistaken": {"healthy": 0.0}}]
)
def test_a_panel_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="a panel"):
        replace(ucadi_panel(), **wrong)


def test_a_file_that_is_no_panel_is_refused() -> None:
    with pytest.raises(RecipeError, match="TOML"):
        read_panel("= 3")
    with pytest.raises(RecipeError, match="no key 'readers'"):
        read_panel('target = "covid-19"')

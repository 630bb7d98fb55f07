"""Three ways to train: the same steps in each, judged on the same cases; stopped and gone on with, the same numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from federation import tiny
from federation.experiments.hospitals import PLAIN, Listener
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, RecipeError
from pleura.federation.experiments.trio import ThreeWays, three_ways
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.hospital import own_network, prepare_hospital
from pleura.federation.learning.settings import LocalSettings, StrategySettings
from pleura.training.assess import assess
from pleura.training.loop import score


@pytest.fixture(scope="module")
def done(tested_cohort: Path, slices: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ThreeWays, Path]:
    out = tmp_path_factory.mktemp("trio") / "out"
    return three_ways(tiny.recipe(), tested_cohort, out, PLAIN, cache_folder=slices, seed=4), out


def test_every_arm_is_judged_on_all_hospitals_and_on_each(done: tuple[ThreeWays, Path]) -> None:
    arms = ["alone east", "alone north", "alone west", "pooled", "federated"]
    places = ["all hospitals", "east", "north", "west"]
    assert [(row["arm"], row["judged_on"]) for row in done[0].rows] == [(arm, at) for arm in arms for at in places]
    for row in done[0].rows:
        answers = done[0].predictions[str(row["arm"])]
        chosen = [row["judged_on"] in ("all hospitals", name) for name in answers.hospitals or ()]
        right = (answers.scores.argmax(axis=1) == answers.truth)[chosen]
        assert row["cases"] == len(right)
        assert row["accuracy"] == pytest.approx(right.mean(), abs=1e-6)
        assert float(row["accuracy low"]) <= float(row["accuracy"]) <= float(row["accuracy high"])


def test_the_federated_answers_are_those_of_the_written_model(
    done: tuple[ThreeWays, Path], tested_cohort: Path, slices: Path
) -> None:
    assert done[0].model.path == done[1] / "federated" / "micro"
    assert done[0].model.card.training["seed"] == 4
    answers = assess(done[0].model, read_cohort(tested_cohort), cache_folder=slices)
    np.testing.assert_allclose(done[0].predictions["federated"].scores, answers.probabilities, atol=1e-6)


def test_alone_is_the_hospital_s_own_training_judged_on_all(
    done: tuple[ThreeWays, Path], tested_cohort: Path, slices: Path
) -> None:
    recipe = replace(tiny.recipe(), training=replace(tiny.recipe().training, seed=4))
    cohort = read_cohort(tested_cohort)
    hospital = prepare_hospital("north", recipe, cohort.of_hospitals(["north"]), cache_folder=slices)
    network = own_network(hospital, train_alone(hospital, Agreement(recipe, PLAIN).begin(None), PLAIN), {})
    keys = hospital.cache.warm(cohort.split("test"))
    found = score(network, recipe.input, hospital.cache, list(keys.values()))  # type: ignore[arg-type]
    answers = done[0].predictions["alone north"]
    assert answers.cases == tuple(keys)
    np.testing.assert_allclose(answers.scores, found, atol=1e-6)
    assert not np.allclose(answers.scores, done[0].predictions["alone west"].scores, atol=1e-3)


def test_a_stopped_run_goes_on_with_the_arm_it_was_at(
    done: tuple[ThreeWays, Path], tested_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    again = {"cache_folder": slices, "seed": 4}
    for at in ("pooled ...", "round 1, north"):
        with pytest.raises(KeyboardInterrupt):
            three_ways(tiny.recipe(), tested_cohort, tmp_path, PLAIN, watcher=Listener(at), **again)
    listener = Listener()
    went_on = three_ways(tiny.recipe(), tested_cohort, tmp_path, PLAIN, watcher=listener, **again)
    assert went_on.rows == done[0].rows
    assert went_on.model.id == done[0].model.id
    assert "pooled: there already" in listener.lines
    assert "resumed after round 1 of 2" in listener.lines
    assert not any("alone, round" in line for line in listener.lines)
    once_more = Listener("round")
    assert three_ways(tiny.recipe(), tested_cohort, tmp_path, PLAIN, watcher=once_more, **again).rows == done[0].rows


def test_facts_tell_what_went_over_the_wire(done: tuple[ThreeWays, Path]) -> None:
    facts = done[0].arms["federated"].facts
    values = 8 * 4 + 4 + 8 * 4  # line; norm with its statistics
    assert int(facts["bytes_up"]) > PLAIN.rounds * values * 4
    assert float(facts["seconds"]) > 0
    assert set(done[0].arms["pooled"].facts) == {"seconds"}


def test_what_cannot_be_compared_is_refused(
    done: tuple[ThreeWays, Path], tested_cohort: Path, hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    recipe = tiny.recipe()
    with pytest.raises(RecipeError, match="is of another run"):
        three_ways(recipe, tested_cohort, done[1], PLAIN, cache_folder=slices, seed=5)
    longer = replace(PLAIN, local=LocalSettings(amount=2))
    with pytest.raises(RecipeError, match="is of another run"):
        three_ways(recipe, tested_cohort, done[1], longer, cache_folder=slices, seed=4)
    own = replace(PLAIN, strategy=StrategySettings(name="fedbn"))
    with pytest.raises(RecipeError, match="a model a hospital"):
        three_ways(recipe, tested_cohort, tmp_path, own, cache_folder=slices)
    with pytest.raises(CohortError, match="no test case"):
        three_ways(recipe, hospitals_cohort, tmp_path, PLAIN, cache_folder=slices)

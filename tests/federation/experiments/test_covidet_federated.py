"""CoviDet's two steps on micro hospitals: tables against the models left behind, cut-offs from validation alone."""

import csv
from pathlib import Path

import numpy as np
import pytest

from federation import tiny
from federation.experiments.hospitals import Listener, write_tested
from pleura.data.cohort import read_cohort
from pleura.diagnosis.stepwise_scores import QUESTIONS, StepwiseScores, score_stepwise
from pleura.errors import CohortError, RecipeError
from pleura.evaluation.cutoffs.choose import Rule, choose_cut_off
from pleura.evaluation.roc import auc
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.covidet_federated import covidet_federated
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.six_hospitals import six_hospitals
from pleura.federation.experiments.stepwise_ways import at_cut_off
from pleura.models.files import load_model
from pleura.settings import TrainingRecipe, parse_recipe
from pleura.whole_file import write_rows

SETTINGS = ExperimentSettings(seeds=1, rounds=2, protection="plain", alone=True)


def recipe() -> TrainingRecipe:
    line = tiny.recipe()
    return parse_recipe(
        'name = "micro"\ntask = "viral"\narchitecture = "line"\nhalf = false\n[arguments]\nslices = 8\nnorm = 0\n'
        "[input]\nsize = 8\nslices = 8\nsubsets = 2\n[schedule]\nepochs = 1\nwarmup_epochs = 0\n"
        f"[optimiser]\nlearning_rate = {line.optimiser.learning_rate}\n[training]\nbatch = 4\n"
    )


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cohort(slices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hospitals; what viral cases the fourth had are the first's."""
    where = ("east", "north", "west", "north", "south")
    folder = write_tested(tmp_path_factory.mktemp("viral") / "cohort", cases=40, hospitals=where)
    rows = read(folder / "cases.csv")
    for row in rows:
        if row["hospital"] == "south" and row["label"] in ("covid-19", "other-viral"):
            row["hospital"] = "east"
    write_rows(folder / "cases.csv", rows)
    return folder


@pytest.fixture(scope="module")
def done(cohort: Path, slices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("covidet") / "out"
    covidet_federated(SETTINGS, out, recipe=recipe(), conditions=Conditions(cache_folder=slices, cohort=cohort))
    return out


def scores_of(done: Path, cohort: Path, slices: Path, way: str) -> StepwiseScores:
    models = [load_model(done / "seeds" / "0" / step / way / name) for step, name in _STEPS]
    return score_stepwise(models[0], models[1], read_cohort(cohort), cache_folder=slices)


_STEPS = (("dl1", "micro"), ("dl2", "micro-dl2"))


def test_hospitals_side_by_side_take_small_batches(done: Path) -> None:
    """Four hospitals share DL1's batch of 4, three DL2's; a batch has two cases at least. The report says so."""
    for step in ("dl1", "dl2"):
        assert "batch = 2\n" in (done / "seeds" / "0" / step / "federated" / "recipe.toml").read_text()
    assert "in batches of 2; as many epochs in batches of 4 where pooled" in (done / "report.md").read_text()


@pytest.mark.parametrize("way", ["pooled", "federated", "alone-north"])
def test_the_tables_are_what_the_models_left_behind_answer(done: Path, cohort: Path, slices: Path, way: str) -> None:
    scores = scores_of(done, cohort, slices, way)
    rows = read(done / "results.csv")
    for question in QUESTIONS:
        validation, test = (scores.predictions(question, split) for split in ("validation", "test"))
        cut = choose_cut_off(validation.truth == 1, validation.scores[:, 1], Rule("youden")).threshold
        sick, found = test.truth == 1, test.scores[:, 1]
        (row,) = [
            r
            for r in rows
            if (r["seed"], r["question"], r["arm"].replace(" ", "-"), r["judged_on"])
            == ("0", question.name, way, "all hospitals")
        ]
        name = question.classes[1]
        assert float(row["cut_off"]) == pytest.approx(cut, abs=1e-5)
        assert float(row[f"auc {name}"]) == pytest.approx(auc(sick, found), abs=1e-5)
        assert float(row[f"sensitivity {name}"]) == pytest.approx((found[sick] >= cut - 1e-6).mean(), abs=1e-6)
        assert float(row[f"specificity {name}"]) == pytest.approx((found[~sick] < cut - 1e-6).mean(), abs=1e-6)


def test_the_second_step_begins_with_the_first_of_its_own_way(done: Path) -> None:
    for way in ("pooled", "federated", "alone-east"):
        first, second = (load_model(done / "seeds" / "0" / step / way / name) for step, name in _STEPS)
        assert second.card.parent == first.id
        assert (first.card.task, second.card.task) == ("viral", "covid")
    assert load_model(done / "seeds" / "0" / "dl1" / "federated" / "micro").card.training["hospitals"] == 4


def test_a_hospital_without_viral_pneumonia_sits_out_the_second_step(done: Path) -> None:
    card = load_model(done / "seeds" / "0" / "dl2" / "federated" / "micro-dl2").card
    assert card.training["hospitals"] == 3
    arms = {row["arm"] for row in read(done / "results.csv")}
    assert arms == {"pooled", "federated", "alone east", "alone north", "alone west"}
    report = (done / "report.md").read_text()
    assert "No viral pneumonia at south, which sits out DL2's rounds." in report


def test_a_stopped_experiment_goes_on_to_the_same_tables(
    done: Path, cohort: Path, slices: Path, tmp_path: Path
) -> None:
    out, first = tmp_path / "out", Conditions(cache_folder=slices, cohort=cohort, watcher=Listener("alone west"))
    with pytest.raises(KeyboardInterrupt):
        covidet_federated(SETTINGS, out, recipe=recipe(), conditions=first)
    again = Conditions(cache_folder=slices, cohort=cohort, resume=True)
    covidet_federated(SETTINGS, out, recipe=recipe(), conditions=again)
    for name in ("results.csv", "summary.csv", "differences.csv", "report.md"):
        assert (out / name).read_bytes() == (done / name).read_bytes()


def test_a_cut_off_moves_to_one_half_and_nothing_else_changes(rng: np.random.Generator) -> None:
    """Scores as they come, with ties at the cut-off; what is called and how cases rank stays."""
    cases = tuple(read_cases(rng, 200))
    viral, given = np.round(rng.uniform(0, 1, (2, 200)), 2)
    scores = StepwiseScores(cases=cases, viral=viral, covid_given_viral=given)
    for question in QUESTIONS:
        moved, chosen = at_cut_off(scores, question)
        test = scores.predictions(question, "test")
        np.testing.assert_array_equal(moved.scores[:, 1] >= 0.5, test.scores[:, 1] >= chosen.threshold)
        assert auc(moved.truth == 1, moved.scores[:, 1]) == auc(test.truth == 1, test.scores[:, 1])
        assert 0 <= moved.scores[:, 1].min() <= moved.scores[:, 1].max() <= 1


def read_cases(rng: np.random.Generator, number: int) -> list[object]:
    from pleura.data.cohort import Case

    labels = ("healthy", "covid-19", "other-viral", "nodule")
    return [
        Case(
            case=f"c{i}",
            patient=f"p{i}",
            hospital="h",
            label=labels[int(rng.integers(4))],
            severity=0,
            split=("validation", "test")[i % 2],
            study=Path(f"{i}.nii.gz"),
            lungs=None,
            lesions=None,
        )
        for i in range(number)
    ]


def test_the_six_hospitals_differ_as_said() -> None:
    drawn = six_hospitals(450)
    assert [one.patients for one in drawn] == [140, 110, 80, 60, 40, 20]
    assert not {"covid-19", "other-viral"} & set(drawn[-1].classes)
    assert all({"covid-19", "other-viral"} <= set(one.classes) for one in drawn[:-1])
    with pytest.raises(CohortError, match="60 cases or more"):
        six_hospitals(59)


def test_a_recipe_for_something_else_is_refused(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="begins with DL1"):
        covidet_federated(SETTINGS, tmp_path / "out", recipe=tiny.recipe(), conditions=Conditions(cohort=cohort))

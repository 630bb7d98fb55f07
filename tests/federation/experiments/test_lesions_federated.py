"""DL4's experiment: Dice by hand, and a micro run whose tables are those of its kept pixels."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.errors import RecipeError
from pleura.evaluation.repeated.runs import spreads
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.lesion_cases import (
    LesionCases,
    lesion_table,
    read_lesion_cases,
    write_lesion_cases,
)
from pleura.federation.experiments.lesions_federated import lesions_federated
from pleura.federation.experiments.settings import ExperimentSettings
from training import masked_micro

SETTINGS = ExperimentSettings(seeds=1, rounds=1, protection="plain")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def cases(shared: list[float], found: list[float], there: list[float]) -> LesionCases:
    names = tuple(f"c{k}" for k in range(len(shared)))
    return LesionCases(
        cases=names,
        patients=names,
        hospitals=("a", "a", "b", "b")[: len(names)],
        shared=np.array(shared),
        found=np.array(found),
        there=np.array(there),
        lungs=np.full(len(names), 100.0),
    )


def test_measures_by_hand() -> None:
    """The third case has no lesion; 5 pixels found there count below the line of all pixels, and in the ratio."""
    one = cases([10, 30, 0], [20, 30, 5], [20, 50, 0])
    found = {name: spread.mean for name, spread in spreads(lesion_table([one])).items()}
    assert found["dice"] == pytest.approx((20 / 40 + 60 / 80) / 2)
    assert found["dice of all pixels"] == pytest.approx(80 / 125)
    assert found["ratio rmse"] == pytest.approx(np.sqrt((0 + 0.2**2 + 0.05**2) / 3))
    two = cases([20, 50, 0], [20, 50, 0], [20, 50, 0])
    table = lesion_table([one, two])
    assert spreads(table)["dice"].mean == pytest.approx((0.625 + 1) / 2)
    assert table.fewest == {"dice": 2, "dice of all pixels": 2, "ratio rmse": 3}
    with pytest.raises(ValueError, match="same cases"):
        lesion_table([one, one.of(np.array([True, True, False]))])
    with pytest.raises(ValueError, match="no case has lesions"):
        lesion_table([one.of(np.array([False, False, True]))])


def test_intervals_are_of_patients_drawn_anew(rng: np.random.Generator) -> None:
    """Against means drawn here another way: lesions stay as many as there are."""
    dice = rng.uniform(0.3, 0.9, 40)
    one = LesionCases(
        cases=tuple(map(str, range(40))),
        patients=tuple(map(str, range(40))),
        hospitals=("h",) * 40,
        shared=1000 * dice,
        found=np.full(40, 1000.0),
        there=np.full(40, 1000.0),
        lungs=np.full(40, 5000.0),
    )
    spread = spreads(lesion_table([one]))["dice"].patients
    drawn = np.quantile([rng.choice(dice, 40).mean() for _ in range(4000)], [0.025, 0.975])
    assert (spread.low, spread.high) == (pytest.approx(drawn[0], abs=0.01), pytest.approx(drawn[1], abs=0.01))


def test_cases_are_read_back(tmp_path: Path) -> None:
    one = cases([10, 30, 0], [20, 30, 5], [20, 50, 0])
    write_lesion_cases(one, tmp_path / "c.csv")
    back = read_lesion_cases(tmp_path / "c.csv")
    assert (back.cases, back.patients, back.hospitals) == (one.cases, one.patients, one.hospitals)
    for name in ("shared", "found", "there", "lungs"):
        np.testing.assert_array_equal(getattr(back, name), getattr(one, name))


def test_a_micro_run_leaves_tables_of_its_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pleura.federation.simulation.simulate.rounds_figure", lambda *_, **__: None)
    monkeypatch.setattr("pleura.federation.simulation.simulate.save_figure", lambda *_: None)
    folder = masked_micro.write_cohort(tmp_path / "cohort", cases=12)
    header, *rows = (folder / "cases.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    for number, row in enumerate(cells):
        row[2] = ("east", "north", "west")[number // 4]
        row[5] = "test" if number % 4 == 2 else row[5]
    (folder / "cases.csv").write_text("\n".join([header, *map(",".join, cells)]) + "\n")
    recipe, out = masked_micro.recipe(growth="2\ngroups = 2"), tmp_path / "out"
    lesions_federated(SETTINGS, out, recipe=recipe, conditions=Conditions(cohort=folder))
    found = {(row["arm"], row["judged_on"]): row for row in read(out / "results.csv")}
    for way in ("pooled", "federated"):
        kept = read_lesion_cases(out / "seeds" / "0" / "arms" / f"{way}.csv")
        having = kept.there > 0
        dice = (2 * kept.shared / (kept.found + kept.there))[having].mean()
        assert float(found[way, "all hospitals"]["dice"]) == pytest.approx(dice, abs=1e-6)
        assert (kept.shared <= np.minimum(kept.found, kept.there)).all()
    assert (found["pooled", "all hospitals"]["cases"], len(kept.cases)) == ("3", 3)
    report = (out / "report.md").read_text()
    assert "| federated |" in report
    assert "Federated less pooled, Dice, mean of the cases" in report
    with Image.open(out / "figure.png") as picture:
        assert len(set(picture.convert("RGB").resize((200, 200)).get_flattened_data())) > 10
    with pytest.raises(RecipeError, match='is on "lesions"'):
        lesions_federated(
            SETTINGS, tmp_path / "b", recipe=masked_micro.recipe("lungs"), conditions=Conditions(cohort=folder)
        )

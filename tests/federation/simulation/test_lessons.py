"""CoviDet's networks in a simulated federation: slice networks, the second from the first, and a segmenter."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from federation.experiments.hospitals import Listener
from pleura.data.cohort import read_cohort
from pleura.data.segmentation.stacks import StackCache
from pleura.errors import ModelError, RecipeError
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.settings import FederationSettings, ProtectionSettings, StrategySettings, WeightSettings
from pleura.federation.simulation.simulate import Simulated, simulate
from pleura.models.files import load_model
from pleura.training.segmentation.judge import count_pixels
from training import masked_micro, slice_micro

LESIONS = "[loss]\nlesions = 0.5\n"


@pytest.fixture(scope="module", autouse=True)
def _no_figure() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pleura.federation.simulation.simulate.rounds_figure", lambda *_, **__: None)
        patch.setattr("pleura.federation.simulation.simulate.save_figure", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hospitals with three training cases and one for validation each; every fourth label is bacterial."""
    folder = masked_micro.write_cohort(tmp_path_factory.mktemp("lessons") / "cohort", cases=12)
    header, *rows = (folder / "cases.csv").read_text().splitlines()
    cells = [row.split(",") for row in rows]
    for number, row in enumerate(cells):
        row[2] = ("east", "north", "west")[number // 4]
    (folder / "cases.csv").write_text("\n".join([header, *map(",".join, cells)]) + "\n")
    return folder


def settings(backend: str, **more: object) -> FederationSettings:
    return FederationSettings(rounds=2, protection=ProtectionSettings(backend=backend), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slices")


@pytest.fixture(scope="module")
def viral(cohort: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    recipe = slice_micro.recipe("viral", more=LESIONS)
    return simulate(recipe, cohort, tmp_path_factory.mktemp("viral") / "out", settings("ring"), cache_folder=cache)


def test_slice_networks_come_to_the_same_bytes_protected_and_plain(
    viral: Simulated, cohort: Path, cache: Path, tmp_path: Path
) -> None:
    """Sequences of different length, no batch norm, and the head that learns from lesion masks in the sum."""
    recipe = slice_micro.recipe("viral", more=LESIONS)
    plain = simulate(recipe, cohort, tmp_path / "plain", settings("plain"), cache_folder=cache)
    assert plain.digest == viral.digest
    agreement = Agreement(recipe, settings("ring"))
    names = [one.name for one in agreement.shared]
    assert {name.partition(".")[0] for name in names} == {"network", "head"}
    assert not any(one.statistic for one in agreement.shared)
    assert len(names) == len(list(agreement.lesson.network().parameters()))
    confusion = viral.pooled.confusion  # type: ignore[attr-defined]
    assert confusion.sum() == 3
    assert confusion.sum(axis=1).tolist() == [2, 1]


def test_the_second_step_begins_with_the_first_and_a_fresh_head(
    viral: Simulated, cohort: Path, cache: Path, tmp_path: Path
) -> None:
    recipe, first = slice_micro.recipe("covid", more=LESIONS), load_model(viral.models[0].path)
    begun = Agreement(recipe, settings("ring")).begin(first).tensors
    fresh = Agreement(recipe, settings("ring")).begin(None).tensors
    kept = first.network.state_dict()
    same = {name for name in begun if np.array_equal(begun[name], fresh[name])}
    for name in (name for name in begun if name.startswith("network.") and ".classifier." not in name):
        np.testing.assert_array_equal(begun[name], kept[name.removeprefix("network.")].numpy())
    assert {"network.classifier.weight", "network.classifier.bias", "head.kinds.weight"} <= same
    done = simulate(
        recipe,
        cohort,
        tmp_path / "out",
        settings("ring", weights=WeightSettings(by="dynamic")),
        start_from=first.path,
        cache_folder=cache,
    )
    assert done.models[0].card.parent == first.id
    assert done.models[0].card.classes == ("other-viral", "covid-19")
    labels = done.models[0].card.training["labels"]
    assert labels == {"other-viral": 3, "covid-19": 2}  # one hospital has no COVID-19 to train on


def test_segmenters_come_to_the_same_bytes_and_dice_is_that_of_the_cases(cohort: Path, tmp_path: Path) -> None:
    recipe, cache = masked_micro.recipe(growth="2\ngroups = 2"), tmp_path / "slices"
    done = [
        simulate(recipe, cohort, tmp_path / backend, settings(backend), cache_folder=cache)
        for backend in ("ring", "plain")
    ]
    assert done[0].digest == done[1].digest
    assert not any(one.statistic for one in Agreement(recipe, settings("ring")).shared)
    cases = read_cohort(cohort, classes=()).split("validation")
    stacks = StackCache(cache / "masked", recipe.input, "lesions").load(cases)
    counts = [
        count_pixels(done[0].models[0].network, recipe.input, stack, most=recipe.draw.judged, inside=True)
        for stack in stacks
    ]
    shared, found, there = (sum(int(getattr(one, name)[0]) for one in counts) for name in ("shared", "found", "there"))
    row = done[0].rows[-1]
    assert (row["cases"], row["having"]) == (3, 2)
    assert row["dice"] == pytest.approx(2 * shared / (found + there), abs=1e-6)
    own = [float(one.dice[0]) for one in counts if one.there[0]]
    assert row["dice_per_case"] == pytest.approx(np.mean(own), abs=1e-3)
    card = done[0].models[0].card
    assert (card.task, card.training["labels"]) == ("lesions", {"without": 2, "with": 7})
    assert card.metrics["validation"]["dice"] == pytest.approx(row["dice"], abs=1e-4)


def test_a_hospital_without_cases_of_the_task_sits_out_and_is_named(cohort: Path, cache: Path, tmp_path: Path) -> None:
    held = read_cohort(cohort, classes=())
    cases = [replace(c, hospital="other") if c.label in ("bacterial", "healthy") else c for c in held.cases]
    recipe, listener = slice_micro.recipe("covid"), Listener(at="north: preparing")
    moved = replace(held, cases=tuple(cases))
    with pytest.raises(KeyboardInterrupt):
        simulate(recipe, moved, tmp_path / "out", settings("plain"), cache_folder=cache, watcher=listener)
    assert "other: no training case of other-viral, covid-19; takes no part" in listener.lines
    assert not any(line.startswith("other: preparing") for line in listener.lines)


def test_what_cannot_be_learned_together_is_refused(cohort: Path, viral: Simulated, tmp_path: Path) -> None:
    by_norms = settings("plain", strategy=StrategySettings(name="fedbn"))
    with pytest.raises(RecipeError, match="keeps batch norm at home"):
        _ = Agreement(slice_micro.recipe("viral"), by_norms).layout
    with pytest.raises(ModelError, match="segmenter"):
        simulate(masked_micro.recipe(), cohort, tmp_path / "a", settings("plain"), start_from=viral.models[0].path)

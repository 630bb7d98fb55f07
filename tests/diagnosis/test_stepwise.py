"""A stepwise diagnosis on a phantom, and on disk: what is multiplied, what is answered, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from diagnosis.chest_phantom import chest_phantom
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.stepwise import CutOffChoice, Stepwise, classify_stepwise, stepwise_diagnosis
from pleura.diagnosis.stepwise_files import load_stepwise, save_stepwise
from pleura.errors import GeometryError, ModelError
from pleura.imaging.lungs import lung_slices
from pleura.models.files import load_model
from training import slice_micro


def _choice(threshold: float) -> CutOffChoice:
    return CutOffChoice(threshold=threshold, sensitivity=0.9, specificity=0.8, positives=10, negatives=20)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    slice_micro.write_model(folder, "viral", seed=1)
    slice_micro.write_model(folder, "covid", seed=2)
    return folder


@pytest.fixture(scope="module")
def stepwise(models: Path) -> Stepwise:
    return Stepwise(
        name="both",
        dl1=load_model(models / "micro-viral"),
        dl2=load_model(models / "micro-covid"),
        viral=_choice(0.4),
        covid=_choice(0.3),
        rule="Youden's index",
        chosen_on="30 synthetic validation cases",
        date="2026-11-22",
    )


def _lungs() -> tuple:
    volume, _ = chest_phantom(side="left", low=True)
    return volume, (np.asarray(volume.hu) < -500).astype(np.uint8) * (np.arange(96) > 20) * (np.arange(96) < 76)


def test_the_answer_follows_from_both_probabilities_and_both_cut_offs(stepwise: Stepwise) -> None:
    assert stepwise.answer(0.6, 0.5) == "covid-19"  # the product is the cut-off
    assert stepwise.answer(0.5, 0.5) == "other-viral"
    assert stepwise.answer(0.4, 0.5) == "other-viral"
    assert stepwise.answer(0.39, 0.5) == "not-viral"
    assert stepwise.answer(0.35, 0.9) == "covid-19"  # the product alone decides on COVID-19


def test_both_models_see_every_lung_slice_and_their_probabilities_are_multiplied(stepwise: Stepwise) -> None:
    volume, lungs = _lungs()
    lungs = lungs.astype(np.uint8)
    lungs[:10] = lungs[30:] = 0  # 20 slices, of which the models take 12
    result = classify_stepwise(stepwise, volume, lungs)
    extent = lung_slices(lungs)
    assert (extent.start, extent.stop) == (10, 30)
    assert result.dl1.subsets.tolist() == result.dl2.subsets.tolist()
    assert result.dl1.subsets.tolist() == [[10 + int((i + 0.5) * 20 / 12) for i in range(12)]]
    assert result.covid == result.dl1.mean[1] * result.dl2.mean[1]
    part = stepwise_diagnosis(stepwise, result)
    assert (part.covid, part.answer) == (result.covid, stepwise.answer(result.viral, result.covid_given_viral))
    assert (part.viral_cut_off, part.covid_cut_off, part.slices_seen, part.slices_left_out) == (0.4, 0.3, 12, 0)
    assert part.cut_offs_from == "Youden's index, 30 synthetic validation cases, 2026-11-22"
    assert [model.name for model in part.models] == ["micro-viral", "micro-covid"]


def test_slices_that_are_left_out_are_not_seen(stepwise: Stepwise) -> None:
    volume, lungs = _lungs()
    lungs = lungs.astype(np.uint8)
    lungs[:10] = lungs[22:] = 0  # 12 slices: all are taken
    left_out = np.zeros(len(lungs), dtype=bool)
    left_out[[0, 13, 14, 20]] = True
    result = classify_stepwise(stepwise, volume, lungs, left_out=left_out)
    assert result.dl2.subsets.tolist() == [[10, 11, 12, 15, 16, 17, 18, 19, 21]]
    assert result.left_out == 3
    other = volume.hu.copy()
    other[[13, 14, 20]] = 1000  # what is not seen changes nothing
    again = classify_stepwise(stepwise, replace(volume, hu=other), lungs, left_out=left_out)
    assert again.covid == result.covid
    assert classify_stepwise(stepwise, volume, lungs).covid != result.covid
    left_out[[10, 11]] = True
    with pytest.raises(GeometryError, match="7 of 12 lung slices are left; the slice network needs at least 8"):
        classify_stepwise(stepwise, volume, lungs, left_out=left_out)
    with pytest.raises(GeometryError, match=r"of shape \(5,\); need \(48,\)"):
        classify_stepwise(stepwise, volume, lungs, left_out=left_out[:5])


def test_a_heat_map_lies_on_the_slices_that_were_seen(stepwise: Stepwise) -> None:
    volume, lungs = _lungs()
    lungs = lungs.astype(np.uint8)
    lungs[:10] = lungs[30:] = 0
    result = classify_stepwise(stepwise, volume, lungs)
    for model, seen, field in zip((stepwise.dl1, stepwise.dl2), (result.dl1, result.dl2), result.fields, strict=True):
        assert seen.features.shape[2] == 12
        both = [activation_map(seen.features, model.network.classify, target) for target in (0, 1)]
        maps = max(both, key=lambda one: float(one.max()))
        heat = map_to_volume(maps, seen.subsets, volume.shape, field)
        assert heat.max() == 255
        warm = np.flatnonzero(heat.any(axis=(1, 2)))
        assert (warm.min() >= 10) & (warm.max() < 30)


def test_a_grey_zone_lies_around_its_cut_off() -> None:
    assert _choice(0.4).grey is None
    assert replace(_choice(0.4), zone=(0.3, 0.4)).grey == (0.3, 0.4)
    for zone in ((0.3,), (0.41, 0.5), (0.3, 0.39), (0.3, 1.1)):
        with pytest.raises(ModelError, match=r"around a cut-off of 0\.4; need two probabilities"):
            replace(_choice(0.4), zone=zone)


def test_zones_are_written_read_and_reported_and_files_without_are_read(stepwise: Stepwise, models: Path) -> None:
    zoned = replace(stepwise, viral=replace(stepwise.viral, zone=(0.35, 0.45)))
    (models / "zoned").mkdir()
    path = save_stepwise(zoned, models / "zoned")
    assert load_stepwise(path).viral == zoned.viral
    path.write_text(path.read_text().replace("zone = [0.35, 0.45]\n", "").replace("zone = []\n", ""))
    assert "zone" not in path.read_text()
    assert load_stepwise(path).viral == stepwise.viral
    volume, lungs = _lungs()
    lungs = lungs.astype(np.uint8)
    lungs[:10] = lungs[30:] = 0
    part = stepwise_diagnosis(zoned, classify_stepwise(zoned, volume, lungs))
    assert (part.viral_zone, part.covid_zone) == ((0.35, 0.45), None)


def test_it_reads_back_as_it_was_written_from_beside_its_models_or_with_them(stepwise: Stepwise, models: Path) -> None:
    (models / "both").mkdir(exist_ok=True)
    save_stepwise(stepwise, models / "both")
    for reference in (models / "both", models / "both" / "stepwise.toml"):
        read = load_stepwise(reference)
        assert (read.dl1.id, read.dl2.id) == (stepwise.dl1.id, stepwise.dl2.id)
        assert (read.viral, read.covid, read.rule) == (stepwise.viral, stepwise.covid, stepwise.rule)
        assert (read.name, read.chosen_on, read.date) == (stepwise.name, stepwise.chosen_on, stepwise.date)


def test_models_are_found_by_name_in_the_users_folder(
    stepwise: Stepwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEURA_HOME", str(tmp_path))
    for task, seed in (("viral", 1), ("covid", 2)):
        slice_micro.write_model(tmp_path / "models", task, seed=seed)
    (tmp_path / "models" / "mine").mkdir()
    save_stepwise(stepwise, tmp_path / "models" / "mine")
    assert load_stepwise("mine").dl2.id == stepwise.dl2.id
    with pytest.raises(ModelError, match=r'no stepwise diagnosis "yours".*known by name are: mine'):
        load_stepwise("yours")


def test_another_model_than_the_cut_offs_are_for_is_refused(stepwise: Stepwise, tmp_path: Path) -> None:
    save_stepwise(stepwise, tmp_path)
    with pytest.raises(ModelError, match=r"is for model micro-viral .* there is none"):
        load_stepwise(tmp_path)
    other = slice_micro.write_model(tmp_path, "viral", seed=7)
    with pytest.raises(ModelError, match="cut-offs are not for another one"):
        load_stepwise(tmp_path)
    with pytest.raises(ModelError, match="cut-offs are not for another one"):
        load_stepwise(tmp_path, dl1=other, dl2=stepwise.dl2.path)
    assert load_stepwise(tmp_path, dl1=stepwise.dl1.path, dl2=stepwise.dl2.path).name == "both"
    with pytest.raises(ModelError, match="model micro-covid is for covid; give one for viral"):
        replace(stepwise, dl1=stepwise.dl2)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "is of format 2; this version reads 1"),
        ("[covid]", "[covids]", "unknown key covids"),
        ("threshold = 0.3", "threshold = 1.5", "a cut-off of 1.5; need a probability"),
        ("threshold = 0.3\n", "", "covid.threshold is missing"),
        ('name = "micro-viral"', 'name = "../micro-viral"', "need a plain name"),
        ("[dl1]", "[dl1", "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(
    stepwise: Stepwise, tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = save_stepwise(stepwise, tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ModelError) as caught:
        load_stepwise(tmp_path)
    assert said in str(caught.value)

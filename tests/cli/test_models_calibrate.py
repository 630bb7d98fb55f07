"""`pleura models calibrate` as a user runs it, and what a prediction then says of a case."""

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from pleura.cli.main import app
from pleura.data.cache import SliceCache
from pleura.data.cohort import read_cohort
from pleura.diagnosis.novelty import novelty
from pleura.errors import CohortError, ModelError, OutputError
from pleura.models import novelty as measured
from pleura.models.files import Model, load_model
from pleura.models.predict import predict
from pleura.training import doubt
from training import micro, slice_micro

runner = CliRunner()


def _run(*words: object) -> str:
    done = runner.invoke(app, ["models", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def _by_hook(model: Model, prepared: np.ndarray) -> np.ndarray:
    """What goes into the last layer, taken there."""
    held: list[np.ndarray] = []
    layer = model.network.classifier
    hook = layer.register_forward_pre_hook(lambda _, given: held.append(given[0].double().numpy()))
    with torch.inference_mode():
        predict(model, prepared, seed=0)
    hook.remove()
    return np.concatenate(held)


def test_a_model_gets_a_temperature_and_reference_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (doubt, measured):
        monkeypatch.setattr(module, "FEWEST_HELD_OUT", 4)
    cohort = micro.write_cohort(tmp_path / "cohort", cases=16)
    before = slice_micro.write_model(tmp_path / "old", "viral", seed=5)
    out, cache = tmp_path / "new", tmp_path / "cache"
    said = _run("calibrate", before, "--cohort", cohort, "--out", out, "--cache", cache).splitlines()
    old, new = load_model(before), load_model(out)
    assert said[0].startswith("Temperature stays at 1: 4 cases, 2 of the rarest class, are too few")
    assert said[1].startswith("12 synthetic training cases of the cohort micro; the threshold lets pass 99%")
    assert said[2] == f"{new.id}  {out}"
    assert (out / "weights.safetensors").read_bytes() == (before / "weights.safetensors").read_bytes()
    assert new.card.metrics["calibration"]["made_from"] == old.id
    assert novelty(old, predict(old, np.zeros((9, 16, 16), np.int16), seed=0)) is None

    assert new.reference is not None
    assert new.card.reference is not None
    case = next(case for case in read_cohort(cohort).cases if case.split == "validation")
    slices = SliceCache(cache, new.card.input)
    prepared = slices.open(slices.warm([case])[case.case]).all()
    part = novelty(new, predict(new, prepared, seed=0))
    assert part is not None
    assert part.distance == pytest.approx(new.reference.distances(_by_hook(new, prepared)[None])[0])
    assert part.distance <= part.threshold == new.card.reference.threshold
    assert not part.novel
    assert 0 <= part.rank <= 1
    noise = np.random.default_rng(0).integers(-1200, 600, prepared.shape).astype(np.int16)
    strange = novelty(new, predict(new, noise, seed=0))
    assert strange is not None
    assert (strange.novel, strange.rank) == (True, 1.0)

    assert _run("verify", out, "--id", new.id).startswith(new.id)
    assert "[metrics.reliability]" in _run("show", out, "--figure", tmp_path / "curve")
    assert (tmp_path / "curve.png").stat().st_size > 1000
    with pytest.raises(ModelError, match="micro-viral has no reliability curve"):
        _run("show", before, "--figure", tmp_path / "none")
    with pytest.raises(OutputError, match="already holds 3 files"):
        _run("calibrate", before, "--cohort", cohort, "--out", out)


def test_a_cohort_without_the_models_classes_or_without_validation_cases_is_refused(tmp_path: Path) -> None:
    cohort = micro.write_cohort(tmp_path / "cohort", cases=4)
    model = slice_micro.write_model(tmp_path, "covid")
    table = cohort / "cases.csv"
    whole = table.read_text()
    table.write_text(whole.replace("covid-19", "bacterial"))
    with pytest.raises(CohortError, match="no training case of class covid-19"):
        _run("calibrate", model, "--cohort", cohort, "--out", tmp_path / "new")
    table.write_text(whole.replace("validation", "test"))
    with pytest.raises(CohortError, match="has no validation case of other-viral, covid-19"):
        _run("calibrate", model, "--cohort", cohort, "--out", tmp_path / "new")
    assert not (tmp_path / "new").exists()

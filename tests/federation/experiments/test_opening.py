"""An experiment's folder: patients are drawn once, settings are kept, and another call's are refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from federation import tiny
from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.errors import ModelError, RecipeError
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.settings import ExperimentSettings

SETTINGS = ExperimentSettings(size="tiny", cohort_seed=7, splits=(0.9, 0.0, 0.1))
HOSPITALS = (
    SyntheticHospital(name="main", patients=4, scanner="GE LightSpeed16"),
    SyntheticHospital(name="union", patients=1, scanner="Philips Brilliance 16", classes={"covid-19": 1}),
)


def begin(out: Path, settings: ExperimentSettings = SETTINGS, *, resume: bool = False) -> Experiment:
    return open_experiment(
        "new-hospital", settings, out, recipe=tiny.recipe(), hospitals=HOSPITALS, conditions=Conditions(resume=resume)
    )


def test_patients_are_drawn_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begin(tmp_path / "out")
    assert [case.hospital for case in first.cohort.cases] == ["main", "union", "main", "main", "main"]
    assert first.cohort.counts("label") == {"bacterial": 1, "covid-19": 2, "healthy": 1, "other-viral": 1}
    assert first.cohort.seed == 7
    assert first.hospitals == ("main", "union")
    assert "main 4 / 0 / 0 (bacterial 1, covid-19 1, healthy 1, other-viral 1); union 1 / 0 / 0" in first.sizes()

    def drawn(*_: object, **__: object) -> None:
        pytest.fail("patients were drawn again")

    monkeypatch.setattr("pleura.federation.experiments.opening.synthesize_cohort", drawn)
    assert begin(tmp_path / "out", resume=True).cohort == first.cohort
    more = begin(tmp_path / "out", replace(SETTINGS, seeds=9), resume=True)
    assert list(more.each_seed()) == list(range(9))
    assert "seeds = 9" in (tmp_path / "out" / "settings.toml").read_text()
    with pytest.raises(RecipeError, match="not what this call asks for"):
        begin(tmp_path / "out", replace(SETTINGS, margin=0.1), resume=True)


def test_a_device_that_is_not_there_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="device"):
        open_experiment(
            "protection",
            SETTINGS,
            tmp_path / "out",
            recipe=tiny.recipe(),
            hospitals=HOSPITALS,
            conditions=Conditions(device="abacus"),
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cases": 20}, "cases = 20"),
        ({"splits": (1.0, 0.0, 0.0)}, "some of test"),
        ({"margin": 0.0}, "margin = 0"),
        ({"newcomer": "measles"}, "newcomer"),
        ({"local_epochs": (1, 1)}, "local_epochs"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        replace(SETTINGS, **change)  # type: ignore[arg-type]

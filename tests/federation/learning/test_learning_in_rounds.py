"""Learning carried by the rounds of a real federation, under the ring sum, over the channel in one process."""

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from federation import tiny
from federation.rounds.thorax import Thorax
from pleura.data.cohort import read_cohort
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import prepare_hospital
from pleura.federation.learning.settings import FederationSettings, ProtectionSettings, WeightSettings
from pleura.federation.learning.state import load_state
from pleura.federation.learning.work import Learning
from pleura.federation.rounds.hospital_rounds import RoundHospital
from pleura.federation.rounds.plan import RoundPlan
from pleura.federation.secure_sum.keys.identity import HospitalKeys
from pleura.federation.simulation.simulate import simulate

SETTINGS = FederationSettings(rounds=2, weights=WeightSettings(by="cases"))
AGREEMENT = Agreement(tiny.recipe(), SETTINGS)
NAMES = {"h0": "east", "h1": "north", "h2": "west"}


class OneAtATime:
    """Threads of one process share torch's generator; hospitals are processes of their own elsewhere."""

    lock = Lock()

    def __init__(self, learning: Learning) -> None:
        self.learning = learning

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.learning, name)
        if not callable(found):
            return found

        def locked(*given: object) -> Any:
            with self.lock:
                return found(*given)

        return locked


class Learned(Thorax):
    """The federation of the rounds' tests, with networks in place of the toy."""

    def __init__(self, folder: Path, learnings: Mapping[str, Learning]) -> None:
        self.learnings = learnings
        super().__init__(folder, hospitals=3)
        self.plan = RoundPlan(
            recipe="micro",
            recipe_hash=AGREEMENT.digest,
            layout=AGREEMENT.layout,
            backend="ring",
            settle_s=1.0,
            answer_grace_s=60.0,
        )

    def enrol(self, name: str) -> None:
        super().enrol(name)
        (self.folder / name / "policy.toml").write_text('recipes = ["micro"]\nbackends = ["ring"]\n')

    def start(self, name: str) -> RoundHospital:
        at = self.folder / name
        work: Any = OneAtATime(self.learnings[name])
        handler = RoundHospital(
            at / "rounds", HospitalKeys.load(at / "keys"), at / "keys", at / "policy.toml", work, clock=self.clock
        )
        self.channel.connect(name, handler)
        return handler


def test_rounds_carry_learning_to_the_simulation_s_model(
    hospitals_cohort: Path, slices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # nobody cuts the power here
    cohort, recipe = read_cohort(hospitals_cohort), tiny.recipe()
    learnings = {
        name: Learning(
            prepare_hospital(own, recipe, cohort.of_hospitals([own]), cache_folder=slices),
            AGREEMENT,
            tmp_path / own,
        )
        for name, own in NAMES.items()
    }
    federation = Learned(tmp_path / "federation", learnings)
    for number in range(SETTINGS.rounds):
        commit = federation.server().play(federation.channel)  # server and hospitals anew from the disk
        assert (commit.round, commit.senders) == (number, (0, 1, 2))
        federation.start("h1")
    federation.server().bring_up(federation.channel)
    models = [federation.model(name) for name in NAMES]
    assert models[0] == models[1] == models[2]
    (tmp_path / "model").write_bytes(models[0])
    plain = FederationSettings(rounds=2, weights=SETTINGS.weights, protection=ProtectionSettings(backend="plain"))
    done = simulate(recipe, hospitals_cohort, tmp_path / "simulated", plain, cache_folder=slices)
    assert load_state(tmp_path / "model").digest == done.digest

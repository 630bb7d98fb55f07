"""What comes after training: from whose cases temperature and reference come, and what the card then says."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.test_card import CARD
from pleura.data.cache import SliceCache
from pleura.data.cohort import Case, Cohort
from pleura.data.task import DIAGNOSIS
from pleura.models.card import card_to_toml, parse_card
from pleura.models.novelty import fit_reference, threshold_of
from pleura.settings import CLASSES
from pleura.training import doubt
from pleura.training.doubt import PreparedCases, settle_doubt
from pleura.training.outputs import Outputs
from pleura.training.watcher import Silent


def _prepared(counts: dict[str, int]) -> PreparedCases:
    here, cases = Path(), []
    for split, count in counts.items():
        for i in range(count):
            name = f"{split}{i}"
            cases.append(
                Case(
                    case=name,
                    patient=name,
                    hospital="east",
                    label=CLASSES[i % 4],
                    severity=0,
                    split=split,
                    study=here,
                    lungs=None,
                    lesions=None,
                )
            )
    cohort = Cohort(folder=here, name="n", generator="g", seed=8, synthetic=True, description="", cases=tuple(cases))
    keys = {case.case: f"{number:08x}" for number, case in enumerate(cases)}
    return PreparedCases(cohort=cohort, task=DIAGNOSIS, cache=SliceCache(here, CARD.input), keys=keys)


class _Drawn:
    """Stands where `network_outputs` stands: numbers by the key, of a network that is three times too sure."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int | None]] = []

    def __call__(self, network: object, settings: object, cache: object, keys: Sequence[str], **more: Any) -> Outputs:
        self.asked.append((len(keys), more["count"]))
        logits, pooled = zip(*(self.of(key) for key in keys), strict=True)
        return Outputs(np.stack(logits), np.stack(pooled))

    @staticmethod
    def of(key: str) -> tuple[np.ndarray, np.ndarray]:
        number = int(key, 16)
        generator = np.random.default_rng(number)
        logits = generator.normal(size=(1, 4))
        logits[0, number % 4] += 1.0
        return 3 * logits, generator.normal(size=(1, 5)) + number % 4


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> _Drawn:
    stand_in = _Drawn()
    monkeypatch.setattr(doubt, "network_outputs", stand_in)
    return stand_in


def _settle(prepared: PreparedCases) -> tuple:
    return settle_doubt(
        torch.nn.Identity(),  # type: ignore[arg-type]
        CARD,
        prepared,
        device=torch.device("cpu"),
        watcher=Silent(),
    )


def test_validation_cases_choose_and_training_cases_are_learned_from(drawn: _Drawn) -> None:
    prepared = _prepared({"train": 120, "validation": 80, "test": 40})
    card, reference = _settle(prepared)
    assert drawn.asked == [(80, None), (120, 1)]  # no test case is looked at
    assert card.temperature > 1.5
    facts = card.metrics["calibration"]
    assert facts["log_loss_after"] < facts["log_loss_before"]
    assert sum(card.metrics["reliability"]["cases"]) == facts["cases"] == 80
    assert card.metrics["validation"] == CARD.metrics["validation"]

    features = {split: np.stack([drawn.of(prepared.keys[c.case])[1] for c in prepared.cohort.split(split)])
                for split in ("train", "validation")}  # fmt: skip
    expected = fit_reference(features["train"], np.arange(120) % 4, features["validation"])
    assert reference is not None
    assert reference.to_bytes() == expected.to_bytes()
    assert card.reference is not None
    assert card.reference.sha256 == hashlib.sha256(expected.to_bytes()).hexdigest()
    assert card.reference.threshold == round(threshold_of(expected.distances(features["validation"])), 4)
    assert (card.reference.training, card.reference.held_out) == (120, 80)
    assert card.reference.summary.startswith(
        "120 synthetic training cases of the cohort n; the threshold lets pass 99%"
    )
    assert parse_card(card_to_toml(card)) == card


def test_with_few_validation_cases_the_card_says_so_and_training_cases_are_not_looked_at(drawn: _Drawn) -> None:
    card, reference = _settle(_prepared({"train": 120, "validation": 19}))
    assert drawn.asked == [(19, None)]
    assert (card.temperature, card.reference, reference) == (1.0, None, None)
    assert "stays at 1: 19 cases" in card.metrics["calibration"]["summary"]
    card, reference = _settle(_prepared({"train": 120, "validation": 20}))
    assert reference is not None
    assert card.temperature == 1.0


def test_without_validation_cases_nothing_is_claimed(drawn: _Drawn) -> None:
    card, reference = _settle(_prepared({"train": 120, "test": 40}))
    assert drawn.asked == []
    assert card == replace(CARD, temperature=1.0)
    assert reference is None

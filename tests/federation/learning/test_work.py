"""What a real federation's rounds ask for, file by file, comes to what the simulation comes to."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from federation import tiny
from pleura.data.cohort import read_cohort
from pleura.errors import ModelError, TermsError
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import prepare_hospital
from pleura.federation.learning.settings import FederationSettings, LocalSettings, ProtectionSettings, StrategySettings
from pleura.federation.learning.work import Learning
from pleura.federation.rounds.work import Work
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.simulation.exchange import Exchange, make_keyrings
from pleura.federation.simulation.simulate import simulate

SETTINGS = FederationSettings(
    rounds=2,
    local=LocalSettings(optimiser="kept"),
    strategy=StrategySettings(name="fedbn"),
    protection=ProtectionSettings(backend="plain"),
)
AGREEMENT = Agreement(tiny.recipe(), SETTINGS)
NAMES = ("east", "north", "west")


def of_round(number: int) -> SimpleNamespace:
    """As much of a descriptor as learning looks at."""
    return SimpleNamespace(round=number, local_epochs=1.0)


@pytest.fixture
def learnings(hospitals_cohort: Path, slices: Path, tmp_path: Path) -> list[Learning]:
    cohort, recipe = read_cohort(hospitals_cohort), tiny.recipe()
    return [
        Learning(
            prepare_hospital(name, recipe, cohort.of_hospitals([name]), cache_folder=slices), AGREEMENT, tmp_path / name
        )
        for name in NAMES
    ]


def test_rounds_by_files_are_the_simulation_s(
    learnings: list[Learning], hospitals_cohort: Path, slices: Path, tmp_path: Path
) -> None:
    members, keyrings = make_keyrings("x", NAMES, "plain")
    work: list[Work] = list(learnings)
    model = tmp_path / "model-0"
    work[2].begin(model)
    for number in range(SETTINGS.rounds):
        terms = RoundTerms(
            federation="x",
            round=number,
            attempt=0,
            members=members,
            most_hospitals=16,
            layout=work[0].layout(AGREEMENT.digest),
            backend="plain",
        )
        exchange = Exchange(terms, keyrings)
        for place, one in enumerate(work):
            if place == 1:
                one.contribute(model, of_round(number))  # type: ignore[arg-type] # an attempt that failed
            exchange.upload(place, one.contribute(model, of_round(number)))  # type: ignore[arg-type]
        exchange.close()
        made = [tmp_path / f"model-{number + 1}-{name}" for name in NAMES]
        for place, one in enumerate(work):
            one.advance(model, exchange.open(place), of_round(number), made[place])  # type: ignore[arg-type]
        assert made[0].read_bytes() == made[1].read_bytes() == made[2].read_bytes()
        model = made[1]
    done = simulate(tiny.recipe(), hospitals_cohort, tmp_path / "simulated", SETTINGS, cache_folder=slices)
    assert work[0].digest(model) == done.digest
    kept = sorted(path.name for path in (tmp_path / "east").iterdir())
    assert kept == ["home-000001.safetensors", "home-000002.safetensors"]


def test_a_hospital_that_sat_a_round_out_goes_on_with_what_it_kept_before(
    learnings: list[Learning], tmp_path: Path
) -> None:
    one, model = learnings[0], tmp_path / "model"
    one.begin(model)
    one.contribute(model, of_round(0))  # type: ignore[arg-type]
    assert one._home(0) == {}
    assert one._home(7).keys() == one._home(1).keys() != set()


def test_it_works_under_its_own_agreement_only(learnings: list[Learning], tmp_path: Path) -> None:
    one, model = learnings[0], tmp_path / "model"
    assert one.recipes == {"micro": AGREEMENT.digest}
    other = Agreement(tiny.recipe(), replace(SETTINGS, rounds=3))
    assert other.digest != AGREEMENT.digest
    with pytest.raises(TermsError, match="same recipe and settings"):
        one.layout(other.digest)
    one.begin(model)
    with pytest.raises(ModelError, match="has 0 rounds behind it, and round 1 needs another"):
        one.contribute(model, of_round(1))  # type: ignore[arg-type]
    short = SimpleNamespace(round=0, local_epochs=0.5)
    with pytest.raises(TermsError, match=r"ask for 1 epochs a round, the round allows 0\.5"):
        one.contribute(model, short)  # type: ignore[arg-type]
    with pytest.raises(TermsError, match="prepare it for that one"):
        Learning(one._hospital, Agreement(tiny.recipe(0.1), SETTINGS), tmp_path)

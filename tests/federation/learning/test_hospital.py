"""One hospital's round: what leaves, what stays, and that a federation of equals is training alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from federation import tiny
from pleura.data.cohort import read_cohort
from pleura.errors import CohortError
from pleura.evaluation.multiclass import confusion_matrix, log_loss
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.hospital import (
    Contribution,
    Home,
    evaluate_round,
    own_network,
    prepare_hospital,
    work_round,
)
from pleura.federation.learning.lessons.classifying import ClassifyingHospital as Hospital
from pleura.federation.learning.settings import (
    ClippingSettings,
    FederationSettings,
    LocalSettings,
    ProtectionSettings,
    StrategySettings,
    WeightSettings,
)
from pleura.federation.learning.state import GlobalState
from pleura.federation.learning.tensors import travelling
from pleura.federation.secure_sum.layout import Counts, Layout
from pleura.federation.secure_sum.terms import RoundTerms
from pleura.federation.simulation.exchange import Exchange, make_keyrings
from pleura.training.initial import first_network
from pleura.training.loop import score

SETTINGS = FederationSettings(rounds=2, protection=ProtectionSettings(backend="plain", values_per_coefficient=3))


def agreed(settings: FederationSettings = SETTINGS) -> Agreement:
    return Agreement(tiny.recipe(), settings)


def begin(settings: FederationSettings = SETTINGS) -> GlobalState:
    return agreed(settings).begin(None)


def work(hospital: Hospital, settings: FederationSettings = SETTINGS, home: Home | None = None) -> Contribution:
    return work_round(hospital, begin(settings), agreed(settings), home or {})


def fits(values: object, layout: Layout) -> None:
    assert isinstance(values, dict)
    assert set(values) == {segment.name for segment in layout.segments}
    for segment in layout.segments:
        array = values[segment.name]
        assert array.size == segment.size
        if isinstance(segment, Counts):
            assert array.dtype == np.int64
            assert array.min() >= 0
            assert array.max() <= segment.most
        else:
            assert array.dtype == np.float32
            assert np.abs(array).max() <= segment.clip


@pytest.fixture(scope="module")
def hospital(hospitals_cohort: Path, slices: Path) -> Hospital:
    return prepare_hospital(
        "east", tiny.recipe(), read_cohort(hospitals_cohort).of_hospitals(["east"]), cache_folder=slices
    )


@pytest.fixture(scope="module")
def worked(hospital: Hospital) -> Contribution:
    return work(hospital)


def test_what_leaves_fits_the_layout(hospital: Hospital, worked: Contribution) -> None:
    fits(worked.values, agreed().layout)
    judged = evaluate_round(hospital, begin(), agreed(), {})
    fits(judged.values, agreed().evaluation_layout)
    for name, array in judged.values.items():
        np.testing.assert_array_equal(array, worked.values[name])
    assert worked.values["labels"].tolist() == np.bincount(hospital.labels, minlength=4).tolist()
    assert worked.home == {}
    assert worked.train_loss > 0
    assert set(worked.seconds) == {"evaluate", "train", "update"}


def test_the_same_round_gives_the_same_bytes_and_another_hospital_s_others(
    hospital: Hospital, worked: Contribution, hospitals_cohort: Path, slices: Path
) -> None:
    again = work(hospital)
    for name, array in worked.values.items():
        np.testing.assert_array_equal(array, again.values[name])
    cases = read_cohort(hospitals_cohort).of_hospitals(["east"])
    namesake = prepare_hospital("east 2", tiny.recipe(), cases, cache_folder=slices)
    other = work(namesake).values
    assert not np.array_equal(other["update.line.weight"], worked.values["update.line.weight"])
    np.testing.assert_array_equal(other["confusion"], worked.values["confusion"])


def test_the_global_model_is_judged_on_the_own_validation_cases(hospital: Hospital, worked: Contribution) -> None:
    network = first_network(tiny.recipe(), hospital.task.classes, None)
    probabilities = score(network, tiny.recipe().input, hospital.cache, hospital.validation_keys)
    expected = confusion_matrix(probabilities, hospital.validation_labels)
    assert worked.values["confusion"].reshape(4, 4).tolist() == expected.tolist()
    assert expected.sum() == len(hospital.validation_keys) > 0


@pytest.mark.parametrize(("rounds", "tolerance"), [(1, 1e-6), (2, 1e-3)])  # training magnifies what rounding leaves
def test_a_federation_of_equal_hospitals_is_one_of_them_alone(
    hospital: Hospital, rounds: int, tolerance: float
) -> None:
    settings = replace(SETTINGS, rounds=rounds, clipping=ClippingSettings(first=8.0))
    agreement = agreed(settings)
    members, keyrings = make_keyrings("twins", ["a", "b", "c"], "plain")
    state = start = begin(settings)
    for number in range(settings.rounds):
        terms = RoundTerms(
            federation="twins",
            round=number,
            attempt=0,
            members=members,
            most_hospitals=3,
            layout=agreement.layout,
            backend="plain",
            values_per_coefficient=3,
        )
        exchange = Exchange(terms, keyrings)
        done = work_round(hospital, state, agreement, {})
        assert done.cut == 0
        values = done.values
        for place in range(3):
            exchange.upload(place, values)
        exchange.close()
        state = agreement.advance(state, exchange.open(1))
    alone = train_alone(hospital, start, settings)
    assert alone.round == state.round == rounds
    for name, array in alone.tensors.items():
        assert np.abs(array - start.tensors[name]).max() > 1e-3
        np.testing.assert_allclose(state.tensors[name], array, atol=tolerance)


def test_momentum_that_is_kept_goes_on_and_stays_at_home(hospital: Hospital, worked: Contribution) -> None:
    settings = replace(SETTINGS, local=LocalSettings(optimiser="kept"))
    first = work(hospital, settings)
    np.testing.assert_array_equal(first.values["update.line.weight"], worked.values["update.line.weight"])
    assert {name.split(".")[1] for name in first.home} == {"momentum_buffer"}
    second = work(hospital, settings, home=first.home)
    assert not np.array_equal(second.values["update.line.weight"], first.values["update.line.weight"])
    assert set(second.values) == set(worked.values)


def test_norms_stay_at_home_under_fedbn(hospital: Hospital) -> None:
    settings = replace(SETTINGS, strategy=StrategySettings(name="fedbn"))
    first = work(hospital, settings)
    names = {one.name for one in travelling(first_network(tiny.recipe(), ("a", "b", "c", "d"), None)) if one.norm}
    assert {name.removeprefix("own.") for name in first.home} == names
    assert not {f"update.{name}" for name in names} & set(first.values)
    own = own_network(hospital, begin(settings), first.home).state_dict()
    torch.testing.assert_close(own["norm.running_mean"], first.home["own.norm.running_mean"])
    assert own["norm.running_mean"].abs().max() > 0
    with_own = evaluate_round(hospital, begin(settings), agreed(settings), first.home).values
    assert not np.array_equal(with_own["scores"], first.values["scores"])


def test_fedprox_keeps_the_update_smaller(hospital: Hospital, worked: Contribution) -> None:
    near = work(hospital, replace(SETTINGS, strategy=StrategySettings(name="fedprox", proximal=5.0))).values
    name = "update.line.weight"
    assert 0 < np.square(near[name]).sum() < np.square(worked.values[name]).sum()


def test_a_dynamic_weight_is_cases_times_the_gain_on_the_own_validation_cases(hospital: Hospital) -> None:
    settings = replace(SETTINGS, rounds=1, weights=WeightSettings(by="dynamic", most_gain=100.0))
    state = begin(settings)
    losses = []
    for model in (state, train_alone(hospital, state, settings)):
        network = own_network(hospital, model, {})
        found = score(network, tiny.recipe().input, hospital.cache, hospital.validation_keys)
        losses.append(log_loss(found, hospital.validation_labels))
    weight = round(16 * len(hospital.labels) * losses[0] / losses[1])
    assert weight != 16 * len(hospital.labels)
    assert work(hospital, settings).values["weight"].tolist() == [weight]


def test_a_hospital_may_lack_classes_and_validation_cases(hospitals_cohort: Path, slices: Path) -> None:
    cohort = read_cohort(hospitals_cohort)
    one = tuple(case for case in cohort.cases if case.label == "bacterial" and case.split == "train")
    alone = prepare_hospital("one label", tiny.recipe(), replace(cohort, cases=one), cache_folder=slices)
    values = work(alone, replace(SETTINGS, weights=WeightSettings(by="dynamic"))).values
    assert values["labels"].tolist() == [0, 0, 0, len(one)]
    assert values["confusion"].sum() == values["loss"].sum() == 0
    assert values["weight"].tolist() == [16 * len(one)]
    assert all(np.isfinite(array).all() for array in values.values())


def test_a_hospital_without_training_cases_is_refused(hospitals_cohort: Path, slices: Path) -> None:
    cohort = read_cohort(hospitals_cohort)
    none = replace(cohort, cases=cohort.split("validation"))
    with pytest.raises(CohortError, match="hospital x has no training case"):
        prepare_hospital("x", tiny.recipe(), none, cache_folder=slices)

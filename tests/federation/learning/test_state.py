"""The state that all hospitals hold: how it moves, that a bit more or less shows, and that it is read back whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from federation.tiny import Line
from pleura.errors import ModelError
from pleura.federation.learning.settings import FederationSettings, StrategySettings, WeightSettings
from pleura.federation.learning.state import GlobalState, first_state, load_state, next_state, save_state
from pleura.federation.learning.strategies import create_strategy
from pleura.federation.learning.tensors import read_tensors, travelling
from pleura.federation.learning.update import pack_update
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.sums import Opened

SETTINGS = FederationSettings(weights=WeightSettings(by="cases"), strategy=StrategySettings(name="fedavgm"))


def begin(settings: FederationSettings = SETTINGS) -> GlobalState:
    network = Line(norm=True)
    strategy = create_strategy(settings.strategy)
    tensors = travelling(network)
    return first_state(read_tensors(network, tensors), strategy.shared(tensors), strategy, settings)


def opened(state: GlobalState, settings: FederationSettings, change: float = 0.01) -> Opened:
    """Three hospitals of 10, 20 and 30 cases whose updates are once, twice and three times the change."""
    shared = create_strategy(settings.strategy).shared(travelling(Line(norm=True)))
    packed = []
    for times in (1, 2, 3):
        update = {one.name: np.full(one.shape, times * change, np.float32) for one in shared}
        packed.append(pack_update(update, 10 * times, limits=state.limits, reach=state.reach)[0])
    summed = {name: sum(values[name] for values in packed) for name in packed[0]}
    counts = {name: summed[name] for name in ("weight", "cut")} | {"labels": np.array([20, 30, 10])}
    values = {name: array for name, array in summed.items() if name.startswith("update.")}
    return Opened(Layout(()), values, counts, 3)


def move(state: GlobalState, settings: FederationSettings = SETTINGS, change: float = 0.01) -> GlobalState:
    strategy = create_strategy(settings.strategy)
    shared = strategy.shared(travelling(Line(norm=True)))
    return next_state(state, opened(state, settings, change), shared=shared, strategy=strategy, settings=settings)


def test_a_round_moves_the_model_by_the_weighted_mean() -> None:
    state = begin()
    following = move(state)
    change = 0.01 * (10 * 1 + 20 * 2 + 30 * 3) / 60
    for name, array in state.tensors.items():
        np.testing.assert_allclose(following.tensors[name] - array, change, atol=1e-6)
    assert following.round == 1
    assert following.labels == (20, 30, 10)
    assert following.reach == 64  # holds the summed weight of 60
    assert following.limits["norm.running_mean"] == 0.25  # 1 before; at most a quarter less
    np.testing.assert_allclose(following.kept["momentum.line.bias"], change, rtol=1e-5)


def test_fedbn_moves_all_but_the_norms() -> None:
    settings = FederationSettings(weights=WeightSettings(by="cases"), strategy=StrategySettings(name="fedbn"))
    state = begin(settings)
    following = move(state, settings)
    assert set(following.limits) == {"line.weight", "line.bias"}
    assert list(following.tensors) == list(state.tensors)
    for name, array in state.tensors.items():
        assert np.array_equal(following.tensors[name], array) == name.startswith("norm.")


def test_the_hash_sees_a_bit_of_everything() -> None:
    state = move(begin())
    weight = state.tensors["line.bias"].copy()
    weight[1] = np.nextafter(weight[1], np.float32(1))
    momentum = {**state.kept, "momentum.line.bias": state.kept["momentum.line.bias"] + np.float32(1e-6)}
    others = [
        replace(state, tensors={**state.tensors, "line.bias": weight}),
        replace(state, kept=momentum),
        replace(state, limits={**state.limits, "line.bias": 2.0}),
        replace(state, reach=128),
        replace(state, round=2),
        replace(state, labels=(20, 30, 11)),
        replace(state, tensors=dict(reversed(state.tensors.items()))),
    ]
    assert len({state.digest, *(other.digest for other in others)}) == 1 + len(others)
    assert replace(state).digest == state.digest
    assert len(state.digest) == 64


def test_a_state_is_read_back_as_it_was_and_goes_on_alike(tmp_path: Path) -> None:
    state = move(begin())
    save_state(state, tmp_path / "state.safetensors")
    read = load_state(tmp_path / "state.safetensors")
    assert read.digest == state.digest
    assert list(read.tensors) == list(state.tensors)
    assert move(read).digest == move(state).digest


def test_a_damaged_or_absent_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    with pytest.raises(ModelError, match="cannot read the global model"):
        load_state(path)
    save_state(begin(), path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="is damaged"):
        load_state(path)
    path.write_bytes(content[:100])
    with pytest.raises(ModelError, match="cannot read the global model"):
        load_state(path)

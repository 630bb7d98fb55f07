"""Each strategy's step, by hand."""

import numpy as np
import pytest
import torch

from federation.tiny import Line
from pleura.errors import RecipeError
from pleura.federation.learning.settings import STRATEGIES, StrategySettings
from pleura.federation.learning.strategies import create_strategy
from pleura.federation.learning.tensors import Travelling, read_tensors, travelling

W = Travelling("w", (2,), statistic=False, norm=False)
M = Travelling("n.running_mean", (1,), statistic=True, norm=True)
V = Travelling("n.running_var", (1,), statistic=True, norm=True)
BEFORE = {"w": np.float32([1, 2]), "n.running_mean": np.float32([0.5]), "n.running_var": np.float32([0.25])}
MEAN = {"w": np.float32([0.5, -1]), "n.running_mean": np.float32([-1]), "n.running_var": np.float32([-0.5])}


def test_the_registry_has_what_the_settings_know() -> None:
    made = [type(create_strategy(StrategySettings(name=name))).__name__.lower() for name in STRATEGIES]
    assert made == list(STRATEGIES)


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    settings = StrategySettings()
    object.__setattr__(settings, "name", "fedsgd")
    with pytest.raises(RecipeError, match="known are fedavg, fedprox, fedavgm, fedadam, fedbn"):
        create_strategy(settings)


@pytest.mark.parametrize("name", STRATEGIES)
def test_statistics_move_by_their_mean_and_variances_stay_at_or_above_zero(name: str) -> None:
    strategy = create_strategy(StrategySettings(name=name))
    wanted = (W, M, V)
    following, kept = strategy.step(wanted, BEFORE, MEAN, strategy.begin(wanted, BEFORE))
    assert following["n.running_mean"].tolist() == [-0.5]
    assert following["n.running_var"].tolist() == [0]
    assert not [key for key in kept if "running" in key]
    assert all(array.dtype == np.float32 for array in (*following.values(), *kept.values()))


@pytest.mark.parametrize("name", ["fedavg", "fedprox", "fedbn"])
def test_weights_move_by_the_mean(name: str) -> None:
    strategy = create_strategy(StrategySettings(name=name))
    following, kept = strategy.step((W,), BEFORE, MEAN, strategy.begin((W,), BEFORE))
    assert following["w"].tolist() == [1.5, 1]
    assert kept == {}


def test_only_fedprox_holds_weights_near_the_global_ones() -> None:
    strengths = {n: create_strategy(StrategySettings(name=n, proximal=0.3)).proximal for n in STRATEGIES}
    assert strengths == dict.fromkeys(STRATEGIES, 0.0) | {"fedprox": 0.3}


def test_momentum_over_three_rounds_by_hand() -> None:
    strategy = create_strategy(StrategySettings(name="fedavgm", momentum=0.5, rate=2.0))
    state, kept = dict(BEFORE), strategy.begin((W,), BEFORE)
    # v: 0.5, -1; then 0.75, -1.5; then 0.875, -1.75. w moves by twice that.
    for expected in ([2, 0], [3.5, -3], [5.25, -6.5]):
        moved, kept = strategy.step((W,), state, MEAN, kept)
        state |= moved
        assert state["w"].tolist() == expected


def test_adam_over_two_rounds_by_hand() -> None:
    strategy = create_strategy(StrategySettings(name="fedadam", adam_rate=0.5, beta1=0.5, beta2=0.75, tau=0.5))
    state, kept = {"w": np.float32([1, 2])}, strategy.begin((W,), BEFORE)
    assert kept["first.w"].tolist() == [0, 0]
    assert kept["second.w"].tolist() == [0.25, 0.25]
    m, v, w = np.zeros(2), np.full(2, 0.25), np.array([1.0, 2.0])
    for change in (np.array([0.5, -1.0]), np.array([0.25, 0.0])):
        m, v = m / 2 + change / 2, 0.75 * v + 0.25 * change**2
        w = w + 0.5 * m / (np.sqrt(v) + 0.5)
        moved, kept = strategy.step((W,), state, {"w": change.astype(np.float32)}, kept)
        state |= moved
        np.testing.assert_allclose(state["w"], w, rtol=1e-6)
    assert float(w[0]) == pytest.approx(1 + 0.5 * 0.25 / (0.25**0.5 + 0.5) + 0.5 * 0.25 / (0.203125**0.5 + 0.5))


def test_fedbn_leaves_the_norms_at_home() -> None:
    tensors = travelling(Line(norm=True))
    shared = create_strategy(StrategySettings(name="fedbn")).shared(tensors)
    assert [one.name for one in shared] == ["line.weight", "line.bias"]
    for name in set(STRATEGIES) - {"fedbn"}:
        assert create_strategy(StrategySettings(name=name)).shared(tensors) == tensors


def test_fedavgm_with_no_momentum_and_rate_1_is_fedavg() -> None:
    torch.manual_seed(0)
    network = Line(norm=True)
    wanted = travelling(network)
    before = read_tensors(network, wanted)
    change = {one.name: np.full(one.shape, 0.01, np.float32) for one in wanted}
    plain = create_strategy(StrategySettings()).step(wanted, before, change, {})[0]
    strategy = create_strategy(StrategySettings(name="fedavgm", momentum=0.0))
    still = strategy.step(wanted, before, change, strategy.begin(wanted, before))[0]
    for name, array in plain.items():
        np.testing.assert_array_equal(array, still[name])

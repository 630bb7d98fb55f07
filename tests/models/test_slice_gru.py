"""The slice network: its GRU by hand, padding that changes nothing, chunks, memory, bfloat16, heat maps."""

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from models.live_bytes import Live
from pleura.diagnosis.explain import activation_map
from pleura.errors import ModelError
from pleura.models.densenet3d import DenseNet3d
from pleura.models.slice_gru import SliceGru

SMALL: dict[str, int] = {"depth": 11, "groups": 2, "group_width": 4, "stem": 8, "norm_groups": 4, "hidden": 6}


def _network(seed: int = 0, **arguments: int) -> SliceGru:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return SliceGru(**{"classes": 3, **SMALL, **arguments}).eval()


def _slices(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_parameters_follow_the_formula() -> None:
    backbone = 22_979_904  # counted in test_resnext
    direction = 3 * (512 * 2048 + 512 * 512 + 2 * 512)  # three gates, two biases each
    with FakeTensorMode():
        found = sum(parameter.numel() for parameter in SliceGru(classes=4).parameters())
    assert found == backbone + 2 * direction + 4 * 4 * 512 + 4 == 30_858_564


def test_shapes_of_the_full_size() -> None:
    with FakeTensorMode(), torch.no_grad():
        network = SliceGru(classes=2)
        features = network.forward_features(torch.zeros(1, 1, 3, 256, 256))
        assert features.shape == (1, 2048, 3, 8, 8)
        assert network.classify(features).shape == (1, 2)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _gru(vectors: np.ndarray, state: dict[str, np.ndarray], suffix: str) -> np.ndarray:
    """States after each vector: reset, update and new gate, in torch's order."""
    weights = [state[f"gru.{name}_l0{suffix}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    h, states = np.zeros(weights[1].shape[1]), []
    for vector in vectors:
        (ir, iz, i_n), (hr, hz, hn) = (
            np.split(w @ v + b, 3) for w, v, b in ((weights[0], vector, weights[2]), (weights[1], h, weights[3]))
        )
        update = _sigmoid(iz + hz)
        h = update * h + (1 - update) * np.tanh(i_n + _sigmoid(ir + hr) * hn)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("count", [None, 4])
def test_the_scan_is_classified_as_the_formula_says(count: int | None) -> None:
    network = _network().double()
    features = _slices(1, 128, 6, 2, 3).double()
    features.clamp_(min=0)
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    vectors = features[0].mean(dim=(2, 3)).numpy().T[:count]  # (slices, channels)
    states = np.concatenate([_gru(vectors, state, ""), _gru(vectors[::-1], state, "_reverse")[::-1]], axis=1)
    pooled = np.concatenate([states.mean(0), states.max(0)])
    expected = state["classifier.weight"] @ pooled + state["classifier.bias"]
    counts = None if count is None else torch.tensor([count])
    with torch.inference_mode():
        np.testing.assert_allclose(network.classify(features, counts)[0].numpy(), expected, rtol=1e-9, atol=1e-12)


def test_padding_changes_nothing() -> None:
    network = _network()
    cases = [_slices(1, 1, n, 40, 40) for n in (3, 7, 5, 1)]
    counts = torch.tensor([3, 7, 5, 1])
    batch = torch.full((4, 1, 7, 40, 40), 1e4)
    for row, case in enumerate(cases):
        batch[row, :, : case.shape[2]] = case[0]
    found = network(batch, counts)
    with torch.inference_mode():
        alone = torch.cat([network(case) for case in cases])
    torch.testing.assert_close(found.detach(), alone, rtol=0, atol=1e-6)


def test_no_gradient_reaches_the_padding() -> None:
    features = _slices(2, 128, 5, 2, 2).requires_grad_()
    (gradient,) = torch.autograd.grad(_network().classify(features, torch.tensor([2, 5])).square().sum(), features)
    reached = gradient.abs().sum(dim=(1, 3, 4)) > 0  # (batch, slices)
    assert reached.tolist() == [[True, True, False, False, False], [True] * 5]


def test_the_order_of_the_slices_counts() -> None:
    network, x = _network(), _slices(1, 1, 6, 40, 40)
    with torch.inference_mode():
        assert (network(x) - network(x[:, :, [1, 0, 2, 3, 5, 4]])).abs().max() > 1e-4


@pytest.mark.parametrize(
    "counts", [torch.tensor([0, 2]), torch.tensor([1, 6]), torch.tensor([3]), torch.tensor([1.0, 2.0])]
)
def test_counts_that_do_not_fit_are_refused(counts: torch.Tensor) -> None:
    with pytest.raises(ModelError, match="need 2 whole numbers from 1 to 5"):
        _network().classify(torch.zeros(2, 128, 5, 1, 1), counts)


def test_a_network_of_fixed_depth_refuses_counts() -> None:
    with pytest.raises(ModelError, match="densenet3d was given the number of each case's slices"):
        DenseNet3d(growth=4)(torch.zeros(1, 1, 4, 8, 8), torch.tensor([4]))


@pytest.mark.parametrize("wrong", [{"classes": 0}, {"hidden": 0}, {"chunk": -1}, {"dropout": 1.0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="need positive classes and hidden"):
        SliceGru(**{**SMALL, **wrong})  # type: ignore[arg-type]


def _gradients(network: SliceGru, x: torch.Tensor, counts: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
    network.zero_grad()
    network(x, counts).square().sum().backward()
    return {name: parameter.grad.clone() for name, parameter in network.named_parameters()}


def test_gradients_in_chunks_are_those_of_all_slices_at_once() -> None:
    x, counts = _slices(2, 1, 7, 40, 40).double(), torch.tensor([7, 5])
    whole = _gradients(_network(chunk=0).double(), x, counts)
    parts = _gradients(_network(chunk=4).double(), x, counts)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-9, atol=1e-12)
        assert gradient.abs().max() > 0, name


def _peak(network: SliceGru, slices: int, size: int) -> int:
    """Bytes of input, activations and gradients at once in one step of training."""
    network.zero_grad()
    with Live() as live:
        network(torch.zeros(1, 1, slices, size, size)).sum().backward()
    return live.peak


def test_in_chunks_a_slice_more_costs_its_input_and_its_feature_map_only() -> None:
    network = _network(chunk=2)
    few, many = _peak(network, 8, 64), _peak(network, 24, 64)
    kept = 4 * (64 * 64 + 3 * 128 * 4 * 4)  # float32; the map, its gradient, and both again while they are joined
    assert many - few < 16 * (kept + 4096)
    network.chunk = 0
    assert _peak(network, 24, 64) > 3 * many


def test_the_full_size_trains_64_slices_of_256_in_11_gb() -> None:
    """One slice's activations, counted at full size without computing, decide the rest."""
    with FakeTensorMode():
        network = SliceGru(classes=2)
        one, two = (_peak(network, slices, 256) for slices in (1, 2))
        weights = 4 * sum(parameter.numel() for parameter in network.parameters())
    activations = two - one  # of one slice
    assert 130e6 < activations < 160e6
    kept = 4 * 64 * (256 * 256 + 3 * 2048 * 8 * 8)  # all inputs, and the maps as in the test above
    adam = 2 * weights
    assert one + 7 * activations + kept + weights + adam < 2.5e9, "in chunks of 8"
    assert 64 * activations + weights + adam > 9e9, "all at once: little is left of 11 GB for anything else"


def test_bfloat16_is_close_finite_and_the_same_each_time() -> None:
    network, x = _network(), _slices(1, 1, 6, 48, 48)
    found = []
    for narrow in (False, True, True):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            logits = network(x)
        assert logits.dtype == torch.float32
        (logits @ torch.tensor([1.0, -2, 1])).sum().backward()
        gradient = torch.cat([parameter.grad.flatten() for parameter in network.parameters()])
        found.append((logits.detach(), gradient))
    (exact, right), (once, first), (again, second) = found
    assert torch.equal(once, again)
    assert torch.equal(first, second)
    assert (once - exact).abs().max() < 0.02
    assert torch.isfinite(first).all()
    assert torch.cosine_similarity(first, right, dim=0) > 0.9  # rounding turns some of the ReLUs on or off


def test_a_heat_map_lies_on_every_slice() -> None:
    network, x = _network(), _slices(1, 1, 6, 48, 48)
    with torch.inference_mode():
        features = network.forward_features(x)
    heat = activation_map(features.clone(), network.classify, 1)
    assert heat.shape == (1, 6, 3, 3)
    assert np.isfinite(heat).all()
    assert heat.max() > 0

"""The segmentation network: parts against slow second ways, its counts by hand, gradients in bfloat16."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pleura.errors import ModelError
from pleura.models.deeplab import DeepLabV3Plus, SeparableConvolution

NARROW = {"growth": 4, "stem": 8, "aspp": 8, "low_level": 4}


def _narrow(seed: int = 0, **arguments: int) -> DeepLabV3Plus:
    torch.manual_seed(seed)
    return DeepLabV3Plus(**{**NARROW, **arguments})


def test_parameters_by_hand() -> None:
    with torch.device("meta"):
        network = DeepLabV3Plus(classes=2)
    count = {name: sum(p.numel() for p in part.parameters()) for name, part in network.named_children()}
    norm = 2 * 256
    branch = 9 * 1024 + 2 * 1024 + 1024 * 256 + norm
    assert count == {
        "backbone": 6_953_856,
        "pyramid": (1024 * 256 + norm) + 3 * branch + (1024 * 256 + 256) + (5 * 256 * 256 + norm),
        "dropout": 0,
        "fine": 256 * 48 + 2 * 48,
        "decoder": (9 * 304 + 2 * 304 + 304 * 256 + norm) + (9 * 256 + 2 * 256 + 256 * 256 + norm),
        "classifier": 256 * 2 + 2,
    }


def test_parameters_with_edges_by_hand() -> None:
    with torch.device("meta"):
        network = DeepLabV3Plus(classes=2, edges=16)
    assert network.classifier is None
    assert network.sharpen is not None
    assert sum(p.numel() for p in network.sharpen.parameters()) == (
        (256 * 16 + 2 * 16)  # what was found
        + (64 * 16 + 2 * 16)  # the stem
        + (9 * 32 * 32 + 2 * 32)
        + (32 * 8 + 8)  # four pixels of two classes
    )


@pytest.mark.parametrize("shape", [(1, 1, 16, 16), (2, 1, 32, 80)])
@pytest.mark.parametrize("edges", [0, 4])
def test_each_pixel_gets_a_logit_a_class(shape: tuple[int, ...], edges: int) -> None:
    logits = _narrow(classes=3, edges=edges).eval()(torch.randn(shape))
    assert logits.shape == (shape[0], 3, *shape[2:])
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 3, 16, 16), (1, 1, 24, 16), (1, 1, 16, 8), (0, 1, 16, 16)])
def test_slices_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"need \(batch, 1, rows, columns\) with rows and columns a multiple of 16"):
        _narrow()(torch.zeros(shape))
    with pytest.raises(ModelError, match=r"need \(batch, 5, rows, columns\)"):
        _narrow(neighbours=2)(torch.zeros(shape))


def test_neighbours_are_added_to_the_first_maps_and_begin_with_no_say() -> None:
    alone, among = _narrow(edges=4).eval(), _narrow(edges=4, neighbours=1).eval()
    assert among.load_state_dict(alone.state_dict(), strict=False).missing_keys == ["beside.weight"]
    x = torch.randn(2, 3, 32, 48)
    torch.testing.assert_close(among(x), alone(x[:, 1:2]), rtol=0, atol=0)
    assert among.beside is not None
    nn.init.normal_(among.beside.weight, std=0.1)
    whole = torch.cat(
        [among.beside.weight[:, :1], alone.backbone.conv0.weight.sum(1, True), among.beside.weight[:, 1:]], 1
    )
    seen: list[Tensor] = []
    among.backbone.norm0.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    assert not torch.equal(among(x), alone(x[:, 1:2]))
    torch.testing.assert_close(seen[0], nn.functional.conv2d(x, whole, stride=2, padding=3), rtol=1e-4, atol=1e-5)
    among(x)[0].sum().backward()
    assert float(among.beside.weight.grad.abs().min(dim=0).values.max()) > 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong", [{"classes": 0}, {"aspp": 0}, {"edges": -1}, {"neighbours": -1}, {"dropout": 1.0}, {"groups": 3}]
)
def test_arguments_that_do_not_fit_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"need positive|cannot be parted"):
        DeepLabV3Plus(**{**NARROW, **wrong})  # type: ignore[arg-type]


def _slow(x: np.ndarray, part: nn.Module, dilation: int) -> np.ndarray:
    """A depthwise 3 x 3 convolution with gaps, or a 1 x 1 one; batch norm; ReLU: by loops over what is inside."""
    state = {name: tensor.double().numpy() for name, tensor in part.state_dict().items()}
    weight, (channels, rows, columns) = state["conv.weight"], x.shape
    if weight.shape[2] == 1:
        y = np.einsum("oi,irc->orc", weight[:, :, 0, 0], x)
    else:
        y = np.zeros_like(x)
        for c, r, k, i, j in itertools.product(range(channels), range(rows), range(columns), range(3), range(3)):
            at = (r + (i - 1) * dilation, k + (j - 1) * dilation)
            if 0 <= at[0] < rows and 0 <= at[1] < columns:
                y[c, r, k] += weight[c, 0, i, j] * x[c, at[0], at[1]]
    mean, variance, scale, shift = (
        state[f"norm.{name}"][:, None, None] for name in ("running_mean", "running_var", "weight", "bias")
    )
    return np.maximum((y - mean) / np.sqrt(variance + 1e-5) * scale + shift, 0)


@pytest.mark.parametrize("dilation", [1, 6, 18])
def test_a_separable_convolution_against_loops(dilation: int) -> None:
    torch.manual_seed(dilation)
    part = SeparableConvolution(3, 5, groups=0, dilation=dilation).eval()
    for module in part.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var, module.bias, module.running_mean):
                nn.init.uniform_(tensor, 0.5, 1.5)  # type: ignore[arg-type]
    x = torch.randn(1, 3, 12, 9)
    wanted = _slow(_slow(x[0].double().numpy(), part[0], dilation), part[1], 1)
    np.testing.assert_allclose(part(x)[0].detach().numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_the_pyramid_joins_five_branches() -> None:
    pyramid = _narrow().pyramid.eval()
    x = torch.randn(2, 128, 6, 5)
    parts = [branch(x) for branch in pyramid.branches]
    assert len(parts) == 4
    vector = torch.relu(pyramid.whole.weight[:, :, 0, 0] @ x.flatten(2).mean(dim=2).T).T  # the bias is 0 at first
    parts.append(vector[:, :, None, None].repeat(1, 1, 6, 5))
    torch.testing.assert_close(pyramid(x), pyramid.join(torch.cat(parts, dim=1)))


def test_logits_are_linear_between_the_centres_of_coarser_pixels() -> None:
    network = _narrow(classes=1).eval()
    nn.init.ones_(network.classifier.weight)
    ramp = torch.arange(8.0).expand(1, 1, 8, 8) / 8  # in each of 8 channels, and so 8 times as much in the sum
    network.decoder = nn.Sequential(nn.Flatten(0), nn.Flatten(0))
    network.decoder.forward = lambda _x: ramp.expand(1, 8, 8, 8)  # type: ignore[method-assign]
    got = network(torch.zeros(1, 1, 32, 32))[0, 0, 10]
    wanted = ((torch.arange(32) + 0.5) / 4 - 0.5).clamp(0, 7)
    torch.testing.assert_close(got, wanted)


def test_with_edges_each_pixel_has_numbers_of_its_own() -> None:
    """A classifier that gives class c, row i, column j of each pixel of half the size the number 100 c + 10 i + j."""
    network = _narrow(classes=2, edges=4).eval()
    assert network.sharpen is not None
    nn.init.zeros_(network.sharpen.classifier.weight)
    numbers = torch.tensor([100 * c + 10 * i + j for c in range(2) for i in range(2) for j in range(2)])
    network.sharpen.classifier.bias = nn.Parameter(numbers.float())
    row, column = torch.arange(32)[:, None] % 2, torch.arange(32) % 2
    one = (10 * row + column).float()
    torch.testing.assert_close(network(torch.randn(1, 1, 32, 32))[0], torch.stack([one, 100 + one]))


def test_edges_learn_a_border_that_a_quarter_of_the_size_cannot_hold() -> None:
    """Every second column, 8 steps of Adam on one slice: what was coarser than the pattern stays at chance."""
    columns = (torch.arange(32) % 2).expand(1, 32, 32)
    x = columns[None].float() - 0.5
    right = {}
    for edges in (0, 8):
        network = _narrow(1, groups=2, edges=edges).train()
        optimiser = torch.optim.Adam(network.parameters(), 0.02)
        for _ in range(8):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(x), columns).backward()
            optimiser.step()
        right[edges] = float((network(x).argmax(dim=1) == columns).float().mean())
    assert right[0] < 0.7
    assert right[8] > 0.95


@pytest.mark.parametrize("edges", [0, 4])
def test_with_group_norm_a_slice_is_judged_by_itself(edges: int) -> None:
    network = _narrow(groups=2, edges=edges).train()
    x = torch.randn(3, 1, 32, 32)
    torch.testing.assert_close(network(x)[1:2], network(x[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("edges", [0, 4])
def test_a_batch_of_one_slice_trains_with_batch_norm_too(edges: int) -> None:
    network = _narrow(edges=edges).train()
    network(torch.randn(1, 1, 32, 32)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    assert network.pyramid.whole.weight.grad.abs().sum() > 0  # type: ignore[union-attr]


def _gradients(*, half: bool, edges: int) -> Tensor:
    """Of a batch that can be learned. With group norm: with batch norm even rounding the weights turns them."""
    network = _narrow(3, groups=2, growth=8, stem=16, aspp=16, low_level=8, edges=edges).train()
    torch.manual_seed(4)
    x = nn.functional.interpolate(torch.randn(4, 1, 16, 16), scale_factor=4.0, mode="bilinear")
    truth = x[:, 0] > 0.3
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        logits = network(x)
    assert logits.dtype == torch.float32
    nn.functional.cross_entropy(logits, truth.long()).backward()
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


@pytest.mark.parametrize("edges", [0, 8])
def test_gradients_in_bfloat16_point_the_way_of_float32(edges: int) -> None:
    exact, rough = _gradients(half=False, edges=edges), _gradients(half=True, edges=edges)
    assert nn.functional.cosine_similarity(exact, rough, dim=0) > 0.97
    assert abs(float(rough.norm() / exact.norm()) - 1) < 0.05
    assert torch.equal(_gradients(half=True, edges=edges), rough)


@pytest.mark.parametrize(("size", "batch"), [(1, 1), (2, 8), (8, 3), (12, 16)])
@pytest.mark.parametrize("kind", ["dilated", "depthwise", "pointwise"])
def test_convolutions_of_small_maps_in_bfloat16_have_the_gradients_of_float32(kind: str, size: int, batch: int) -> None:
    """One rounding of each result, and sums in float32: errors of a share of a percent (torch's 3D ones are wrong)."""
    torch.manual_seed(0)
    convolution = {
        "dilated": lambda: nn.Conv2d(32, 8, 3, padding=2, dilation=2, bias=False),
        "depthwise": lambda: nn.Conv2d(32, 32, 3, padding=6, dilation=6, groups=32, bias=False),
        "pointwise": lambda: nn.Conv2d(32, 8, 1),
    }[kind]()
    for parameter in convolution.parameters():
        parameter.data = parameter.data.bfloat16().float()
    x = torch.randn(batch, 32, size, size).bfloat16().float().requires_grad_()
    leaves = [x, *convolution.parameters()]
    wanted = convolution(x)
    weights = torch.randn_like(wanted).bfloat16().float()
    exact = torch.autograd.grad(wanted, leaves, weights)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = torch.autograd.grad(convolution(x).float(), leaves, weights)
    for one, other in zip(exact, rough, strict=True):
        assert float((one - other).norm() / one.norm()) < 0.01

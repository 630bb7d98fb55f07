"""The lesion loss against the same sums written out position by position, and what following it does."""

import math

import pytest
import torch

from pleura.models.densenet3d import DenseNet3d
from pleura.models.slice_gru import SliceGru
from pleura.training.lesion_loss import KINDS, WithLesions, cover, lesion_loss


def _whole() -> WithLesions:
    torch.manual_seed(0)
    return WithLesions(DenseNet3d(growth=4, bottleneck=1, stages=2, layers=1))


def test_cover_is_the_share_of_each_kind_by_hand() -> None:
    masks = torch.zeros(1, 4, 4, 4, dtype=torch.uint8)
    masks[0, 0, 0, 0] = 2
    masks[0, 1, 1, 1] = 2
    masks[0, :2, :2, 2:] = 1
    shares = cover(masks, (2, 2, 2))
    assert shares.shape == (1, KINDS, 2, 2, 2)
    assert shares[0, :, 0, 0, 0].tolist() == [0.75, 0, 0.25, 0, 0]
    assert shares[0, :, 0, 0, 1].tolist() == [0, 1, 0, 0, 0]
    assert shares[0, :, 1, 1, 1].tolist() == [1, 0, 0, 0, 0]


@torch.no_grad()
def test_the_three_terms_position_by_position() -> None:
    whole = _whole()
    channels = whole.network.classifier.in_features
    features = torch.randn(2, channels, 2, 3, 3)
    masks = torch.zeros(2, 4, 6, 6, dtype=torch.uint8)
    masks[0, :2, :2, :2] = 1
    masks[0, 2, 4, 4] = 4  # one of eight voxels of its cell; the other case shows no lesion
    labels = torch.tensor([3, 0])
    shares = cover(masks, (2, 3, 3))
    weight, bias = whole.network.classifier.weight, whole.network.classifier.bias
    sick = healthy = sick_amount = healthy_amount = on = everywhere = 0.0
    mean = torch.zeros(channels)
    for b in range(2):
        for z in range(2):
            for y in range(3):
                for x in range(3):
                    at = features[b, :, z, y, x]
                    logits = whole.head(features)[b, :, z, y, x].log_softmax(0)
                    loss = -float((logits * shares[b, :, z, y, x]).sum())
                    lesion = 1 - float(shares[b, 0, z, y, x])
                    sick, sick_amount = sick + lesion * loss, sick_amount + lesion
                    healthy, healthy_amount = healthy + (1 - lesion) * loss, healthy_amount + 1 - lesion
                    if b == 0:
                        heat = max(0.0, float(weight[3] @ at))
                        on, everywhere = on + lesion * heat, everywhere + heat
                        mean += lesion * at
    disease = -float((weight @ (mean / sick_amount) + bias).log_softmax(0)[3])
    where = -math.log(on / everywhere + 1e-3)
    expected = (sick / sick_amount + healthy / healthy_amount) / 2 + (disease + where) / 2
    assert float(lesion_loss(whole, features, masks, labels)) == pytest.approx(expected, rel=1e-4)


@torch.no_grad()
def test_slices_without_lesions_leave_only_the_background() -> None:
    whole = _whole()
    features = torch.randn(2, whole.network.classifier.in_features, 2, 2, 2)
    loss = lesion_loss(whole, features, torch.zeros(2, 4, 4, 4, dtype=torch.uint8), torch.tensor([0, 1]))
    expected = -whole.head(features).log_softmax(1)[:, 0].mean() / 2
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_following_it_puts_the_map_on_the_lesions() -> None:
    whole = _whole()
    torch.manual_seed(1)
    masks = torch.zeros(4, 4, 16, 16, dtype=torch.uint8)
    inputs = torch.randn(4, 1, 4, 16, 16) * 0.1
    for case, (label, value) in enumerate(((1, 1.0), (1, 1.0), (3, 2.0), (3, 2.0))):
        corner = 8 * (case % 2)
        masks[case, :, corner : corner + 6, 4:10] = 1 if label == 1 else 2
        inputs[case, 0, :, corner : corner + 6, 4:10] += value
    labels = torch.tensor([1, 1, 3, 3])

    @torch.no_grad()
    def share() -> float:
        maps = whole.network.forward_features(inputs)
        heat = torch.relu(torch.einsum("bc,bczyx->bzyx", whole.network.classifier.weight[labels], maps))
        lesion = 1 - cover(masks, tuple(maps.shape[2:]))[:, 0]
        return float((heat * lesion).sum() / heat.sum())

    before = share()
    optimiser = torch.optim.SGD(whole.parameters(), lr=0.05, momentum=0.9)
    for _ in range(60):
        optimiser.zero_grad()
        lesion_loss(whole, whole.network.forward_features(inputs), masks, labels).backward()
        optimiser.step()
    assert before < 0.5
    assert share() > 0.8


def _slice_network() -> WithLesions:
    torch.manual_seed(0)
    return WithLesions(SliceGru(classes=2, depth=11, groups=2, group_width=2, stem=4, norm_groups=2, hidden=4))


@torch.no_grad()
def test_a_slice_network_learns_kind_and_disease_in_layers_of_their_own() -> None:
    whole = _slice_network()
    features = torch.randn(2, 64, 3, 2, 2)
    masks = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    masks[0, 1, :2, :2] = 1
    masks[0, 2, 2:, 2:] = 3  # two whole cells of 24; the other case shows no lesion
    logits = whole.head(features).log_softmax(1)  # (2, KINDS, 3, 2, 2)
    sick = -float(logits[0, 1, 1, 0, 0] + logits[0, 3, 2, 1, 1])
    healthy = -float(logits[:, 0].sum() - logits[0, 0, 1, 0, 0] - logits[0, 0, 2, 1, 1])
    mean = (features[0, :, 1, 0, 0] + features[0, :, 2, 1, 1]) / 2
    assert whole.head.disease is not None
    disease = -float(whole.head.disease(mean).log_softmax(0)[1])
    expected = (sick / 2 + healthy / 22) / 2 + disease / 2
    assert float(lesion_loss(whole, features, masks, torch.tensor([1, 0]))) == pytest.approx(expected, rel=1e-4)


@torch.no_grad()
def test_padding_has_no_part_in_the_lesion_loss() -> None:
    whole = _slice_network()
    features, masks = torch.randn(1, 64, 3, 2, 2), torch.randint(0, 3, (1, 3, 4, 4), dtype=torch.uint8)
    labels, counts = torch.tensor([1]), torch.tensor([3])
    alone = lesion_loss(whole, features, masks, labels, counts)
    padded = torch.cat([features, torch.full((1, 64, 2, 2, 2), 9.0)], dim=2)
    empty = torch.cat([masks, torch.zeros(1, 2, 4, 4, dtype=torch.uint8)], dim=1)
    torch.testing.assert_close(lesion_loss(whole, padded, empty, labels, counts), alone)
    assert lesion_loss(whole, padded, empty, labels) != alone

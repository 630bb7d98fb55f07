import numpy as np
import pytest
import torch

from pleura.errors import RecipeError
from pleura.settings import CLASSES, LossSettings
from pleura.training.losses import class_weights, squared_emd, weighted_cross_entropy


def test_the_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [0.0, np.log(3.0)], [1.0, 1.0]])
    labels = torch.tensor([0, 1, 1])
    weights = torch.tensor([1.0, 3.0])
    # -log of 1/2, 3/4 and 1/2, weighted 1, 3 and 3.
    expected = (1 * np.log(2) + 3 * np.log(4 / 3) + 3 * np.log(2)) / 7
    loss = weighted_cross_entropy(logits, labels, weights, weights[labels].sum())
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_the_parts_of_a_batch_add_up_to_torchs_weighted_mean() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(10, 4), torch.randint(0, 4, (10,))
    weights = torch.tensor([0.2, 0.2, 0.4, 0.2])
    total = weights[labels].sum()
    parts = zip(torch.split(logits, 3), torch.split(labels, 3), strict=True)
    summed = sum(weighted_cross_entropy(x, y, weights, total) for x, y in parts)
    torch.testing.assert_close(summed, torch.nn.functional.cross_entropy(logits, labels, weight=weights))


def test_balanced_weights_give_each_class_the_same_say() -> None:
    labels = [0] * 6 + [1] * 3 + [2] * 2 + [3]
    weights = class_weights(LossSettings(), CLASSES, labels)
    says = weights * torch.tensor([6, 3, 2, 1])
    torch.testing.assert_close(says, says[:1].expand(4))
    assert weights.mean().item() == pytest.approx(1)


def test_given_weights_follow_the_names_not_their_order() -> None:
    given = {"bacterial": 0.2, "other-viral": 0.4, "covid-19": 0.2, "healthy": 0.2}
    weights = class_weights(LossSettings(weighting="given", weights=given), CLASSES, [0, 1, 2, 3])
    torch.testing.assert_close(weights, torch.tensor([0.8, 0.8, 1.6, 0.8]))


def test_equal_weights_are_one() -> None:
    assert class_weights(LossSettings(weighting="equal"), CLASSES, [0, 0, 1]).tolist() == [1, 1, 1, 1]


def test_weights_for_other_classes_are_refused() -> None:
    with pytest.raises(RecipeError, match="the classes are"):
        class_weights(LossSettings(weighting="given", weights={"healthy": 1.0}), CLASSES, [0])


def test_the_squared_earth_movers_distance_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))
    labels = torch.tensor([0, 1])
    weights = torch.tensor([1.0, 2.0, 1.0])
    # Sums reached: 0.5, 0.8, 1 against 1, 1, 1; and 0.1, 0.2, 1 against 0, 1, 1.
    expected = (1 * (0.25 + 0.04) + 2 * (0.01 + 0.64)) / 3
    assert float(squared_emd(logits, labels, weights, torch.tensor(3.0))) == pytest.approx(expected, rel=1e-5)


def test_a_grade_further_off_costs_more() -> None:
    logits = torch.eye(3) * 8
    weights = torch.ones(3)
    costs = [float(squared_emd(logits[2:], torch.tensor([k]), weights, torch.tensor(1.0))) for k in range(3)]
    assert costs[0] > 1.9 > costs[1] > 0.9 > costs[2]


def test_a_class_without_cases_is_weighed_as_one_with_a_single_case() -> None:
    weights = class_weights(LossSettings(), CLASSES, [0, 0, 2, 2, 2, 2])
    assert (weights / weights[1]).tolist() == [0.5, 1, 0.25, 1]

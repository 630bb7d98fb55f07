import numpy as np
import pytest

from federation.tiny import Line, arrays
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.scores import score_segments
from pleura.federation.learning.settings import FederationSettings, WeightSettings
from pleura.federation.learning.tensors import Travelling, travelling
from pleura.federation.learning.update import cut_shares, mean_update, pack_update, training_layout
from pleura.federation.secure_sum.layout import Counts, Values
from pleura.settings import TrainingRecipe

SHARED = (Travelling("a", (2, 2), statistic=False, norm=False), Travelling("b", (1,), statistic=True, norm=True))
LIMITS = {"a": 0.5, "b": 2.0}


def test_the_weighted_mean_comes_back_from_the_sum() -> None:
    updates = [
        arrays(a=[[0.1, -0.2], [0.3, 0.4]], b=[1.0]),
        arrays(a=[[0, 0.5], [-0.5, 0.1]], b=[-2]),
        arrays(a=[[9, 0], [0, 0]], b=[0]),
    ]
    weights = [10, 30, 60]
    packed = [pack_update(u, w, limits=LIMITS, reach=128)[0] for u, w in zip(updates, weights, strict=True)]
    for values in packed:
        assert all(np.abs(values[name]).max() <= 1 for name in ("update.a", "update.b"))
    summed = {name: sum(values[name] for values in packed) for name in packed[0]}
    assert summed["weight"].tolist() == [100]
    mean = mean_update(summed, 100, SHARED, limits=LIMITS, reach=128)
    # 9 is cut to 0.5: 0.1 * 0.1 + 0.6 * 0.5
    np.testing.assert_allclose(mean["a"], [[0.31, 0.13], [-0.12, 0.07]], rtol=1e-5)
    np.testing.assert_allclose(mean["b"], [-0.5], rtol=1e-5)
    assert mean["a"].dtype == np.float32


def test_what_was_cut_is_counted_by_tensor_and_told_as_a_share() -> None:
    values, share = pack_update(arrays(a=[[9, 0.5], [-0.6, 0]], b=[1]), 1, limits=LIMITS, reach=1)
    assert values["cut"].tolist() == [2, 0]
    assert share == 2 / 5
    assert cut_shares(np.array([6, 1]), 3, SHARED) == {"a": 6 / 12, "b": 1 / 3}


def test_a_weight_above_the_range_counts_as_the_range() -> None:
    values, _ = pack_update(arrays(a=[[0.5, 0], [0, 0]], b=[0]), 1000, limits=LIMITS, reach=8)
    assert values["weight"].tolist() == [8]
    assert values["update.a"].tolist() == [1, 0, 0, 0]


def test_an_update_at_its_limit_and_weight_at_its_range_is_one() -> None:
    for weight in (3, 5, 7):
        values, _ = pack_update(arrays(a=[[0.5, -0.5], [0, 0]], b=[2]), weight, limits=LIMITS, reach=8)
        assert values["update.a"].tolist() == [weight / 8, -weight / 8, 0, 0]


def test_the_layout_names_every_tensor_and_count_and_tells_nothing_of_the_model() -> None:
    settings = FederationSettings(weights=WeightSettings(by="cases"))
    tensors = travelling(Line(norm=True))
    layout = training_layout(tensors, score_segments(3, 100, 1000), settings)
    segments = {segment.name: segment for segment in layout.segments}
    assert segments["update.line.weight"] == Values(name="update.line.weight", size=12, clip=1.0)
    assert {s.clip for s in layout.segments if isinstance(s, Values)} == {1.0}
    assert segments["weight"] == Counts(name="weight", size=1, most=4096)
    assert segments["cut"] == Counts(name="cut", size=6, most=12)
    assert segments["confusion"].size == 9
    assert segments["scores"].size == 3 * 2 * 100
    agreed = Agreement(TrainingRecipe(name="n", architecture="densenet3d"), settings)
    judged = [segment.name for segment in agreed.evaluation_layout.segments]
    assert judged == ["labels", "confusion", "scores", "confidence", "loss"]
    assert judged[1:] == list(segments)[-4:]


def test_float32_of_an_odd_weight_over_the_range_is_exact() -> None:
    rng = np.random.default_rng(0)
    for weight in rng.integers(1, 2**17, 50):
        unit = np.float32(weight / (2**17 * 0.125))
        assert float(unit) == pytest.approx(weight / (2**17 * 0.125), rel=0, abs=0)

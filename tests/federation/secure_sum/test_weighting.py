import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.secure_sum.rounds import rounds, terms_for
from pleura.errors import TermsError, WrongSumError
from pleura.federation.secure_sum.layout import Counts, Layout, Values
from pleura.federation.secure_sum.server import ServerRound
from pleura.federation.secure_sum.sizes import sizes_of
from pleura.federation.secure_sum.slots import half_range
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.weighting import weigh, weighted_mean

MOST = 1000


def _layout(most: int = MOST) -> Layout:
    return Layout((Values(name="a", size=300, clip=0.5), Counts(name="weight", size=1, most=most)))


def _mean(weights: list[int], vectors: list[np.ndarray], most: int, packing: int) -> tuple[np.ndarray, float]:
    """The mean that hospitals get, and how far it may be off by the module's rule."""
    terms = terms_for(_layout(most), len(weights), values_per_coefficient=packing, backend="plain")
    server, hospitals = ServerRound(terms), rounds(terms)
    for hospital, weight, values in zip(hospitals, weights, vectors, strict=True):
        for part in hospital.upload(weigh({"a": values}, weight, most) | {"weight": np.array([weight])}):
            server.receive(part)
        assert hospital.clipped == {}
    opened = hospitals[0].open(server.close(), server.total_parts(), [])
    step = 0.5 / (2 * half_range(sizes_of(terms).levels))
    return weighted_mean(opened)["a"], step * len(weights) * most / sum(weights)


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, MOST), min_size=3, max_size=8).filter(any),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([3, 4]),
    st.integers(0, 2**32),
)
def test_mean_is_within_the_stated_precision(weights: list[int], kind: type, packing: int, seed: int) -> None:
    vectors = [np.random.default_rng([seed, i]).uniform(-0.5, 0.5, 300).astype(kind) for i in range(len(weights))]
    mean, bound = _mean(weights, vectors, MOST, packing)
    expected = np.average([v.astype(np.float64) for v in vectors], axis=0, weights=weights)
    assert mean.dtype == np.float32
    assert np.abs(mean - expected).max() <= bound + 2**-22 * len(weights) * MOST / sum(weights)


def test_weights_far_below_the_most_cost_precision(rng: np.random.Generator) -> None:
    vectors = [rng.uniform(-0.5, 0.5, 300) for _ in range(4)]
    expected = np.average(vectors, axis=0, weights=[10, 20, 30, 40])
    errors = [np.abs(_mean([10, 20, 30, 40], vectors, most, 4)[0] - expected).mean() for most in (40, 400, 4000)]
    assert 5 < errors[1] / errors[0] < 20
    assert 5 < errors[2] / errors[1] < 20


def test_by_hand() -> None:
    weighed = weigh({"a": np.array([[0.5, -1.0]], np.float32)}, 3, 4)
    assert weighed["a"].tolist() == [[0.375, -0.75]]
    assert weighed["a"].dtype == np.float32
    opened = Opened(
        Layout((Values(name="a", size=1, clip=1.0), Counts(name="cases", size=1, most=4))),
        {"a": np.array([0.75], np.float32)},
        {"cases": np.array([5])},
        2,
    )
    assert weighted_mean(opened, "cases")["a"].tolist() == [pytest.approx(0.75 * 4 / 5)]


@pytest.mark.parametrize("weight", [-1, 5])
def test_a_weight_out_of_range_is_refused(weight: int) -> None:
    with pytest.raises(TermsError, match=f"the weight is {weight}, not within 0 to 4"):
        weigh({}, weight, 4)


def test_means_that_cannot_be_had_are_refused() -> None:
    opened = Opened(_layout(), {"a": np.zeros(300, np.float32)}, {"weight": np.array([0])}, 3)
    with pytest.raises(WrongSumError, match="weights are 0"):
        weighted_mean(opened)
    for name in ("a", "b"):
        with pytest.raises(TermsError, match=f"a segment of one count called '{name}'"):
            weighted_mean(opened, name)

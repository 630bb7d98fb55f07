"""Distances from reference cases: by hand, against scikit-learn's estimator, by their distribution, and as files."""

from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
from sklearn.covariance import LedoitWolf

from pleura.errors import ModelError
from pleura.models.novelty import Reference, fit_reference, read_reference, threshold_of


def _gaussian(cases: int, seed: int, *, classes: int = 2, width: int = 6, subsets: int = 1) -> tuple:
    """Cases of classes whose means differ and whose covariance they share; (cases, subsets, width) and labels."""
    mixing = np.random.default_rng(99).normal(size=(width, width))
    generator = np.random.default_rng(seed)
    labels = np.arange(cases) % classes
    offsets = 5.0 * np.eye(classes, width)[labels][:, None]
    return generator.normal(size=(cases, subsets, width)) @ mixing + offsets, labels


def test_by_hand() -> None:
    reference = Reference(
        means=np.array([[0, 0, 0], [10, 0, 0]], dtype=np.float32),
        axes=np.array([[1], [0], [0]], dtype=np.float32),
        variances=np.array([4, 1], dtype=np.float32),
        held_out=np.linspace(0, 10, 101, dtype=np.float32),
    )
    cases = np.array([[[2, 0, 0], [4, 0, 0]], [[8, 0, 3], [12, 4, 0]]], dtype=float)
    # 2 / sd 2 = 1 and 4 / 2 = 2; the second is nearer to the other class: sqrt(1 + 9) and sqrt(1 + 16)
    np.testing.assert_allclose(reference.distances(cases), [1.5, (np.sqrt(10) + np.sqrt(17)) / 2])
    assert [reference.rank(distance) for distance in (-1, 0, 2.5, 10, 11)] == [0, 0, 0.25, 1, 1]


def test_with_all_axes_it_is_mahalanobis_with_the_shrunk_covariance() -> None:
    x, labels = _gaussian(80, 1, subsets=3)
    other, _ = _gaussian(25, 2, subsets=3)
    made = fit_reference(x, labels, other)
    means = np.stack([x[labels == k].mean(axis=(0, 1)) for k in range(2)])
    estimator = LedoitWolf(assume_centered=True).fit((x - means[labels][:, None]).reshape(-1, 6))
    squared = np.stack([estimator.mahalanobis((other - mean).reshape(-1, 6)).reshape(25, 3) for mean in means])
    expected = np.sqrt(squared.min(axis=0)).mean(axis=1)
    np.testing.assert_allclose(made.distances(other), expected, rtol=1e-4)
    np.testing.assert_allclose(made.held_out[[0, 50, 100]], np.quantile(expected, [0, 0.5, 1]), rtol=1e-4)


def test_few_axes_keep_what_varies_most_and_the_mean_of_the_rest() -> None:
    generator = np.random.default_rng(5)
    scale = np.array([9.0, 4.0, 1.1, 0.9, 1.0])
    x = generator.normal(size=(4000, 1, 5)) * scale
    made = fit_reference(x, np.zeros(4000, int), x[:30], axes=2)
    np.testing.assert_allclose(np.sqrt(made.variances), [9, 4, 1], rtol=0.05)
    np.testing.assert_allclose(np.abs(made.axes), np.eye(5, 2), atol=0.05)


def test_new_cases_of_the_kind_pass_as_often_as_the_threshold_says_and_others_do_not() -> None:
    passed = []
    for seed in range(40):
        x, labels = _gaussian(120, 3 * seed)
        held_out, _ = _gaussian(99, 3 * seed + 1)
        made = fit_reference(x, labels, held_out)
        threshold = threshold_of(made.distances(held_out), 0.9)
        new, _ = _gaussian(200, 3 * seed + 2)
        passed.append((made.distances(new) <= threshold).mean())
        assert (made.distances(new + 30) > threshold).all()
    assert 0.88 < np.mean(passed) < 0.92  # 0.9 x 100 of 100 places, whatever the distribution


def test_a_small_sample_of_wide_features_has_a_distance() -> None:
    x, labels = _gaussian(24, 0, width=200)
    held_out, _ = _gaussian(20, 1, width=200)
    made = fit_reference(x, labels, held_out)
    assert made.axes.shape == (200, 64)
    assert np.isfinite(made.distances(held_out)).all()
    assert (made.distances(held_out + 100) > made.held_out[-1]).all()


def test_it_reads_back_as_it_was_written() -> None:
    x, labels = _gaussian(40, 0)
    made = fit_reference(x, labels, x[:20], axes=3)
    read = read_reference(made.to_bytes())
    assert made.to_bytes() == read.to_bytes()
    np.testing.assert_array_equal(read.distances(x), made.distances(x))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"means": np.zeros(6, np.float32)}, r"means of shape \(6,\)"),
        ({"axes": np.zeros((6, 2), np.float32)}, r"axes is float32 \(6, 2\)"),
        ({"held_out": np.zeros(100, np.float32)}, "held_out is float32"),
        ({"means": np.zeros((2, 6))}, "means is float64"),
        ({"variances": np.full(4, np.nan, np.float32)}, "variances is not finite"),
        ({"variances": np.zeros(4, np.float32)}, "a variance is not positive"),
        ({"extra": np.zeros(1, np.float32)}, "holds axes, extra"),
    ],
)
def test_a_damaged_file_is_refused(change: dict[str, np.ndarray], what: str) -> None:
    x, labels = _gaussian(40, 0)
    made = fit_reference(x, labels, x[:20], axes=3)
    with pytest.raises(ModelError, match=what):
        read_reference(safetensors.numpy.save({**vars(made), **change}))
    with pytest.raises(ModelError, match="damaged"):
        read_reference(made.to_bytes()[:-1])


def test_what_cannot_be_is_refused() -> None:
    x, labels = _gaussian(40, 0)
    with pytest.raises(ValueError, match="need 20 held-out cases or more for a threshold, got 19"):
        fit_reference(x, labels, x[:19])
    with pytest.raises(ValueError, match="need training cases of every class, got none of number 1"):
        fit_reference(x, labels * 2, x)
    with pytest.raises(ValueError, match="differ within a class"):
        fit_reference(np.ones((4, 1, 3)), [0, 0, 1, 1], np.ones((20, 1, 3)))
    with pytest.raises(ValueError, match="a label each"):
        fit_reference(x, labels[:3], x)
    with pytest.raises(ModelError, match="the reference cases have"):
        fit_reference(x, labels, x).distances(x[..., :3])
    made = fit_reference(x, labels, x)
    with pytest.raises(ModelError, match="the reference cases have"):
        replace(made).distances(x[0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_of([1.0], 1.0)

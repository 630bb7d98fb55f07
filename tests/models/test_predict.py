import dataclasses

import numpy as np
import pytest
import torch
from scipy.special import softmax

from models.test_card import CARD
from pleura.errors import GeometryError
from pleura.models.files import Model
from pleura.models.predict import normalise, predict
from pleura.models.registry import create_network
from pleura.settings import InputSettings

SETTINGS = InputSettings(size=16)


@pytest.fixture(scope="module")
def model() -> Model:
    torch.manual_seed(0)
    card = dataclasses.replace(CARD, input=SETTINGS, temperature=2.0)
    return Model(create_network(card.architecture, **card.arguments).eval(), card, "0" * 64, None)  # type: ignore[arg-type]


def _slices(rng: np.random.Generator, count: int = 40) -> np.ndarray:
    return rng.integers(-1200, 600, (count, 16, 16)).astype(np.int16)


def test_each_subset_by_hand(model: Model, rng) -> None:
    prepared = _slices(rng)
    answer = predict(model, prepared, seed=1)
    assert answer.subsets.shape == (5, 16)
    for indices, row in zip(answer.subsets, answer.probabilities, strict=True):
        x = (prepared[indices] - -604.2288900583559) / 489.42172740885655
        with torch.inference_mode():
            logits = model.network(torch.from_numpy(x).float()[None, None])[0].double().numpy()
        np.testing.assert_allclose(row, softmax(logits / 2.0), rtol=1e-4)
    np.testing.assert_allclose(answer.mean, answer.probabilities.mean(axis=0))
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1, rtol=1e-12)


def test_same_seed_same_answer_to_the_last_bit(model: Model, rng) -> None:
    prepared = _slices(rng)
    one, two = predict(model, prepared, seed=3), predict(model, prepared, seed=3)
    np.testing.assert_array_equal(one.probabilities, two.probabilities)
    np.testing.assert_array_equal(one.subsets, two.subsets)
    assert (predict(model, prepared, seed=4).subsets != one.subsets).any()


def test_the_number_of_subsets_can_be_chosen(model: Model, rng) -> None:
    assert predict(model, _slices(rng), seed=0, count=2).probabilities.shape == (2, 4)


def test_too_few_slices_are_refused(model: Model, rng) -> None:
    with pytest.raises(GeometryError):
        predict(model, _slices(rng, 7), seed=0)


def test_normalising_by_hand() -> None:
    settings = InputSettings(window_low=-1000, window_high=400, mean=-300.0, std=10.0)
    values = normalise(np.array([-2000, -1000, -300, 400, 3000], dtype=np.int16), settings)
    assert values.tolist() == [-70.0, -70.0, 0.0, 70.0, 70.0]
    assert values.dtype == torch.float32

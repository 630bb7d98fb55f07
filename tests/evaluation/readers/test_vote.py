"""Votes by hand, against drawing lots, and by symmetry."""

from collections import Counter

import numpy as np
import pytest

from pleura.evaluation.readers.vote import majority_vote


def test_by_hand() -> None:
    answers = [[0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 2, 0], [2, 2, 2, 1]]
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0]]
    np.testing.assert_allclose(majority_vote(answers, 3), expected)


def test_a_tie_is_divided_as_lots_would_divide_it(rng: np.random.Generator) -> None:
    answers = rng.integers(0, 4, (6, 10))
    drawn = np.zeros((10, 4))
    for _ in range(4000):
        for case in range(10):
            votes = Counter(answers[:, case].tolist())
            leaders = sorted(name for name, count in votes.items() if count == max(votes.values()))
            drawn[case, rng.choice(leaders)] += 1 / 4000
    np.testing.assert_allclose(majority_vote(answers, 4), drawn, atol=0.04)


def test_neither_the_order_of_readers_nor_of_classes_matters(rng: np.random.Generator) -> None:
    answers = rng.integers(0, 4, (6, 30))
    votes = majority_vote(answers, 4)
    np.testing.assert_array_equal(majority_vote(answers[::-1], 4), votes)
    np.testing.assert_array_equal(majority_vote(3 - answers, 4), votes[:, ::-1])
    np.testing.assert_allclose(votes.sum(axis=1), 1)


@pytest.mark.parametrize("answers", [[], [0, 1], [[3]], [[-1]]])
def test_what_is_no_vote_is_refused(answers: list[int]) -> None:
    with pytest.raises(ValueError, match="need answers"):
        majority_vote(answers, 3)

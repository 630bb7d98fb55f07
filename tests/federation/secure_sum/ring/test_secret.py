"""A secret lets itself be used once, and is gone when it is wiped."""

import numpy as np
import pytest

from pleura.errors import SecureSumError
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.secret import RoundSecret, transformed
from pleura.federation.secure_sum.ring.transform import forward, tables


def test_a_secret_is_spent_once() -> None:
    secret = RoundSecret.fresh()
    secret.spend()
    with pytest.raises(SecureSumError, match="has been used"):
        secret.spend()
    assert np.abs(secret.coefficients).max() <= 21  # its shares may still be dealt


def test_a_wiped_secret_is_gone() -> None:
    secret = RoundSecret.fresh()
    kept = secret.coefficients
    secret.wipe()
    assert not kept.any()
    with pytest.raises(SecureSumError, match="wiped"):
        _ = secret.coefficients
    with pytest.raises(SecureSumError, match="wiped"):
        secret.spend()


@pytest.mark.parametrize("k", range(3))
def test_the_transformed_secret_has_its_factor_and_companions(k: int, rng: np.random.Generator) -> None:
    """Extreme sums of secrets included; by Python's integers from the forward transform."""
    secret = rng.integers(-21 * 128, 21 * 128 + 1, RING_DEGREE).astype(np.int32)
    secret[:2] = -21 * 128, 21 * 128
    p, table = PRIMES[k], tables()[k]
    values = np.array([int(c) % p for c in secret], np.uint32)
    forward(values, table.roots, table.roots_companion, table.p)
    expected = values.astype(object) * pow(RING_DEGREE, -1, p) % p
    found = transformed(secret)[k]
    assert (found[0] == expected).all()
    assert (found[1] == expected * 2**32 // p).all()

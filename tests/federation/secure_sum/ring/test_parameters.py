"""Sizes recomputed in Python's integers for every number of hospitals."""

import pytest

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.modulus import MODULUS, PRIMES
from pleura.federation.secure_sum.ring.parameters import Parameters

ALL = [(most, values) for most in range(3, 129) for values in (3, 4)]


@pytest.mark.parametrize("values", [3, 4])
def test_the_largest_sum_stays_below_the_modulus(values: int) -> None:
    for most in range(3, 129):
        found = Parameters(most_hospitals=most, values_per_coefficient=values)
        w = found.slot_bits
        assert most * found.levels < 2**w <= most * (found.levels + 1)  # sums fit, and no finer levels would
        largest = sum(most * found.levels << (w * s) for s in range(values)) + found.t * 42 * most
        tags = most * (PRIMES[0] - 1) + (most * (PRIMES[1] - 1) << found.tag_bits)
        assert most * (PRIMES[0] - 1) < 2**found.tag_bits  # the first tag's sum does not reach the second's
        assert tags < found.t
        assert max(largest, tags + found.t * 42 * most) < MODULUS
        assert 2 ** ((w + 1) * values) * (42 * most + 1) > MODULUS  # one bit more a slot would be too much


def test_the_kernels_limits_hold() -> None:
    """What their comments presume of the widths, for all parameters."""
    for most, values in ALL:
        found = Parameters(most_hospitals=most, values_per_coefficient=values)
        w, bits = found.slot_bits, found.message_bits
        assert 0 < bits - w < 64 < bits < 93  # the last slot begins in the lower word, the noise in the upper one
        assert 42 * most << (bits - 64) < 2**29
        assert values * (2**w) * PRIMES[0] <= 2**61  # slots times factors
        assert 2**32 + (2**32) * max(2**32 % p for p in PRIMES) + 2**29 * PRIMES[0] + PRIMES[0] < 2**61


def test_sizes_by_hand() -> None:
    """K = 10: q / 421 lies between 2^84 and 2^85."""
    four = Parameters(most_hospitals=10, values_per_coefficient=4)
    assert (four.slot_bits, four.levels, four.t) == (21, 209715, 2**84)
    assert four.ring_elements(0) == 0
    assert four.ring_elements(1) == four.ring_elements(16380) == 1
    assert four.ring_elements(16381) == 2
    assert four.bytes(1_000_000) == 62 * 4096 * 12
    assert four.blocks(1_000_000) == [16, 16, 16, 14]
    assert four.blocks(16 * 16380) == [16]
    assert four.blocks(0) == []
    assert four.step(1.5) == pytest.approx(3 / 209715, rel=1e-15)
    three = Parameters(most_hospitals=10, values_per_coefficient=3)
    assert (three.slot_bits, three.levels, three.tag_bits) == (28, 26843545, 42)
    assert Parameters(most_hospitals=64, values_per_coefficient=3).tag_bits == 40  # of 81 bits, rounded down


def test_digests_tell_parameters_apart() -> None:
    digests = {Parameters(most_hospitals=most, values_per_coefficient=values).digest for most, values in ALL}
    assert len(digests) == len(ALL)
    assert {len(d) for d in digests} == {32}


@pytest.mark.parametrize(("most", "values"), [(2, 4), (129, 4), (0, 3), (10, 2), (10, 5)])
def test_others_are_refused(most: int, values: int) -> None:
    with pytest.raises(TermsError, match="choose"):
        Parameters(most_hospitals=most, values_per_coefficient=values)


def test_fewest_bytes_that_are_fine_enough() -> None:
    assert Parameters.for_precision(most_hospitals=10, relative_step=1e-5).values_per_coefficient == 4
    assert Parameters.for_precision(most_hospitals=10, relative_step=1 / 209715).values_per_coefficient == 4
    assert Parameters.for_precision(most_hospitals=10, relative_step=1 / 209716).values_per_coefficient == 3
    with pytest.raises(TermsError, match="26843545 levels"):
        Parameters.for_precision(most_hospitals=10, relative_step=1e-8)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(TermsError, match="-1"):
        Parameters(most_hospitals=10, values_per_coefficient=4).ring_elements(-1)

"""The estimates against published tables, and the ring sum's own sizes recomputed for every number of hospitals."""

from itertools import product
from math import exp, inf, log, log2, pi, sqrt

import pytest

from pleura.errors import TermsError
from pleura.federation.secure_sum.ring.modulus import MODULUS, RING_DEGREE
from pleura.federation.secure_sum.ring.parameters import NOISE_BITS, Parameters
from pleura.federation.secure_sum.ring.security import (
    STANDARD_BITS,
    Lattice,
    deviation_given_sum,
    dual,
    primal,
    standard_bits,
)

STANDARD_DEVIATION = 8 / sqrt(2 * pi)
TERNARY = sqrt(2 / 3)


def ours(deviation: float = sqrt(NOISE_BITS / 2)) -> Lattice:
    return Lattice(dimension=RING_DEGREE, log_modulus=log2(MODULUS), secret=deviation, error=deviation)


@pytest.mark.parametrize(
    ("secret", "degree", "bits", "published"),
    [
        # Homomorphic Encryption Security Standard (2018), table 1, column uSVP, rows "(-1, 1)" and "error"
        (TERNARY, 1024, 27, 131.6),
        (TERNARY, 2048, 54, 129.7),
        (TERNARY, 4096, 109, 128.1),
        (TERNARY, 4096, 75, 194.7),
        (TERNARY, 4096, 58, 260.4),
        (TERNARY, 8192, 218, 128.5),
        (TERNARY, 16384, 438, 128.1),
        (TERNARY, 32768, 881, 128.5),
        (STANDARD_DEVIATION, 1024, 29, 131.2),
        (STANDARD_DEVIATION, 2048, 56, 129.8),
        (STANDARD_DEVIATION, 4096, 111, 128.2),
        (STANDARD_DEVIATION, 4096, 77, 194.7),
        (STANDARD_DEVIATION, 4096, 60, 260.4),
        (STANDARD_DEVIATION, 8192, 220, 128.5),
    ],
)
def test_the_primal_attack_costs_what_the_standard_says(
    secret: float, degree: int, bits: int, published: float
) -> None:
    lattice = Lattice(dimension=degree, log_modulus=bits, secret=secret, error=STANDARD_DEVIATION)
    assert primal(lattice).standard == pytest.approx(published, abs=0.5)


def test_the_primal_attack_on_kyber_512_is_the_published_one() -> None:
    """Kyber's specification 3.01 says 118 bits; the lattice estimator's README has block 406 and 2^118.6."""
    lattice = Lattice(dimension=512, log_modulus=log2(3329), secret=sqrt(3 / 2), error=sqrt(3 / 2), samples=512)
    attack = primal(lattice)
    assert attack.block == 406
    assert attack.core_svp == pytest.approx(118.6, abs=0.05)
    assert int(attack.quantum_core_svp) == 107


@pytest.mark.parametrize("degree", STANDARD_BITS)
def test_the_dual_attack_is_about_as_dear_as_the_primal_one(degree: int) -> None:
    """The two are known to cost about the same in this model (Alkim et al. 2016, table of the parameter sets)."""
    lattice = Lattice(
        dimension=degree, log_modulus=STANDARD_BITS[degree], secret=STANDARD_DEVIATION, error=STANDARD_DEVIATION
    )
    assert dual(lattice).core_svp == pytest.approx(primal(lattice).core_svp, abs=1.5)


def test_few_samples_make_both_attacks_dearer() -> None:
    sizes = {"dimension": 512, "log_modulus": log2(12289), "secret": 2.0, "error": 2.0}
    few, many = Lattice(**sizes, samples=300), Lattice(**sizes)
    assert many.samples == inf
    assert primal(few).core_svp > primal(many).core_svp + 1
    assert dual(few).core_svp > dual(many).core_svp + 1


def test_a_larger_modulus_or_less_noise_is_easier() -> None:
    attack = primal(ours()).core_svp
    assert primal(Lattice(dimension=4096, log_modulus=109, secret=3.24, error=3.24)).core_svp < attack - 20
    assert primal(ours(1.0)).core_svp < attack - 3


@pytest.mark.parametrize(("bits", "hospitals"), [(1, 2), (2, 2), (1, 3), (3, 2)])
def test_the_deviation_given_the_sum_by_counting_all_cases(bits: int, hospitals: int) -> None:
    by_sum: dict[int, list[int]] = {}
    for case in product((0, 1), repeat=2 * bits * hospitals):
        numbers = [sum(case[i : i + bits]) - sum(case[i + bits : i + 2 * bits]) for i in range(0, len(case), 2 * bits)]
        by_sum.setdefault(sum(numbers), []).append(numbers[0])
    weights, logs = 0.0, 0.0
    for firsts in by_sum.values():
        mean = sum(firsts) / len(firsts)
        variance = sum((x - mean) ** 2 for x in firsts) / len(firsts)
        if variance > 0:
            weights, logs = weights + len(firsts), logs + len(firsts) * log(variance)
    assert deviation_given_sum(bits, hospitals) == pytest.approx(exp(logs / weights / 2), rel=1e-9)


def test_with_more_hospitals_the_sum_tells_less() -> None:
    variance = NOISE_BITS / 2
    found = [deviation_given_sum(NOISE_BITS, h) ** 2 for h in (2, 3, 5, 10, 127)]
    assert found == sorted(found)
    for h, value in zip((2, 3, 5, 10, 127), found, strict=True):
        assert value == pytest.approx(variance * (1 - 1 / h), rel=2e-3)
    with pytest.raises(TermsError, match="two unknown"):
        deviation_given_sum(NOISE_BITS, 1)


@pytest.mark.parametrize("values", [3, 4])
def test_the_bound_holds_for_every_number_of_hospitals(values: int) -> None:
    for most in range(3, 129):
        sizes = Parameters(most_hospitals=most, values_per_coefficient=values)
        largest_noise = 2 * NOISE_BITS * most
        largest_message = sum(most * sizes.levels << (sizes.slot_bits * s) for s in range(values))
        assert largest_message < sizes.t
        assert sizes.t * largest_noise + sizes.t - 1 < MODULUS
        assert (1 << (values * (sizes.slot_bits + 1))) * (largest_noise + 1) > MODULUS  # a bit more would not fit
        assert (sizes.levels + 1) * most >= 1 << sizes.slot_bits


def test_the_modulus_is_within_the_standard() -> None:
    assert log2(MODULUS) < 93 < standard_bits(RING_DEGREE) == 109
    with pytest.raises(TermsError, match="4096"):
        standard_bits(4000)


@pytest.mark.parametrize(
    ("hospitals", "core_svp", "quantum", "standard"),
    [
        (None, 123.8, 112.4, 156.2),
        (2, 122.1, 110.8, 154.5),
        (3, 122.6, 111.3, 155.1),
        (10, 123.5, 112.1, 155.9),
        (127, 123.8, 112.4, 156.2),
    ],
)
def test_the_documented_bits(hospitals: int | None, core_svp: float, quantum: float, standard: float) -> None:
    """With `hospitals` honest ones, to all others together and the server; None: to somebody who knows no sum."""
    lattice = ours() if hospitals is None else ours(deviation_given_sum(NOISE_BITS, hospitals))
    attacks = (primal(lattice), dual(lattice))
    assert min(a.core_svp for a in attacks) == pytest.approx(core_svp, abs=0.1)
    assert min(a.quantum_core_svp for a in attacks) == pytest.approx(quantum, abs=0.1)
    assert min(a.standard for a in attacks) == pytest.approx(standard, abs=0.1)
    assert min(a.standard for a in attacks) > 128


def test_sizes_of_nothing_are_refused() -> None:
    with pytest.raises(TermsError, match="above 0"):
        Lattice(dimension=512, log_modulus=12, secret=0, error=1)

"""A lattice problem's sizes in, what the known attacks on it cost out: the claimed bits are recomputed, not asserted.

One ring element of an upload is b = a s + t e + m modulo q. Without m, and divided by t, that is a sample of ring-LWE
with the secret s and the error e, and a round gives as many samples as there are ring elements. No attack is known
that uses the ring, so it is counted as 4096 times as many samples of plain LWE.

The model is that of the geometric series: lattice reduction with blocks of b turns a basis of dimension d and volume V
into one whose i-th orthogonalised vector is delta^(d - 2 i - 1) V^(1/d) long. Two counts of the work are given.
Core-SVP counts one call of the sieve, 2^(0.292 b), and nothing else; it underestimates on purpose. The homomorphic
encryption standard counts 2^(0.292 b + 16.4) for each of 8 d calls; its tables, and with them the 128 bits that SEAL
checks, are in this unit.

References
----------
Alkim, Ducas, Pöppelmann and Schwabe (2016), Post-quantum key exchange: a new hope, USENIX Security, 327-343: core-SVP
and both attacks. Albrecht et al. (2018), Homomorphic Encryption Security Standard: table 1. Dachman-Soled, Ducas, Gong
and Rossi (2020), LWE with side information, CRYPTO: what a hint does to the distribution that is attacked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import ceil, e, exp, floor, inf, lgamma, log, log2, pi, sqrt

from pleura.errors import TermsError

__all__ = ["STANDARD_BITS", "Attack", "Lattice", "deviation_given_sum", "dual", "primal", "standard_bits"]

STANDARD_BITS = {1024: 27, 2048: 54, 4096: 109, 8192: 218, 16384: 438, 32768: 881}
"""Largest log2 q for 128 bits against classical computers, ternary secret, by ring degree: the standard's table 1.

A secret as wide as the error allows 2 bits more; the smaller table holds for either.
"""

_SIEVE, _QUANTUM_SIEVE, _SHORT_VECTORS = 0.292, 0.265, 0.2075
_SMALLEST_BLOCK = 50


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """An instance of LWE.

    Raises
    ------
    TermsError
        If a number is not above 0.
    """

    dimension: int
    """Coefficients n of the secret."""
    log_modulus: float
    """log2 q."""
    secret: float
    """Standard deviation of a coefficient of the secret."""
    error: float
    """Standard deviation of an error."""
    samples: float = inf
    """How many the attacker has; with one secret for all ring elements, as many as it likes."""

    def __post_init__(self) -> None:
        numbers = (self.dimension, self.log_modulus, self.secret, self.error, self.samples)
        if min(numbers) <= 0:
            raise TermsError(f"dimension, modulus, deviations and samples must be above 0, got {numbers}")


@dataclass(frozen=True, kw_only=True)
class Attack:
    """The cheapest way that one attack has, in bits: log2 of the work."""

    block: int
    """Block size of the lattice reduction."""
    lattice_dimension: int
    repetitions: float = 0.0
    """log2 of how often it has to be run."""

    @property
    def core_svp(self) -> float:
        """One call of a classical sieve a run."""
        return _SIEVE * self.block + self.repetitions

    @property
    def quantum_core_svp(self) -> float:
        """One call of a quantum sieve a run."""
        return _QUANTUM_SIEVE * self.block + self.repetitions

    @property
    def standard(self) -> float:
        """In the unit of the homomorphic encryption standard."""
        return self.core_svp + 16.4 + log2(8 * self.lattice_dimension)


def standard_bits(degree: int) -> int:
    """Largest log2 q for a ring degree.

    Raises
    ------
    TermsError
        If the standard has no such degree.
    """
    if degree not in STANDARD_BITS:
        raise TermsError(f"the standard has ring degrees {', '.join(map(str, STANDARD_BITS))}, got {degree}")
    return STANDARD_BITS[degree]


def primal(lattice: Lattice) -> Attack:
    """Find the secret as the shortest vector of a lattice.

    The lattice holds (s, e, 1), with s scaled to the error's width. Reduction with blocks of b finds it when its
    projection to the last b directions, about sqrt(b) errors long, is shorter than the reduced basis is there.
    """
    n, q = lattice.dimension, log(2) * lattice.log_modulus
    scale = n * log(lattice.error / lattice.secret)
    for block, growth in _blocks():
        best = sqrt(((n + 1) * q - scale) / growth)  # dimension at which the basis is longest there
        best = max(n + 2.0, min(best, n + 1 + lattice.samples))
        for dimension in (floor(best), ceil(best)):
            volume = ((dimension - n - 1) * q + scale) / dimension
            if log(lattice.error) + log(block) / 2 <= (2 * block - dimension - 1) * growth + volume:
                return Attack(block=block, lattice_dimension=dimension)
    raise AssertionError("blocks of every size have been tried")


def dual(lattice: Lattice) -> Attack:
    """Tell samples from uniform numbers by a short vector of the dual lattice.

    A vector of length l sees the errors through exp(-2 pi^2 (l error / q)^2). The reduction gives 2^(0.2075 b) vectors
    at once, and is repeated until they suffice for an advantage of about 1/2.
    """
    n, q = lattice.dimension, log(2) * lattice.log_modulus
    volume = n * (q + log(lattice.secret / lattice.error))
    cheapest: Attack | None = None
    for block, growth in _blocks():
        if cheapest and _SIEVE * block >= cheapest.core_svp:
            return cheapest
        dimension = min(sqrt(volume / growth), n + lattice.samples)
        log_length = (dimension - 1) * growth + volume / dimension
        sight = (
            2 * pi**2 * exp(min(100.0, 2 * (log_length + log(lattice.error) - q))) / log(2)
        )  # -log2 of the advantage
        attack = Attack(
            block=block,
            lattice_dimension=ceil(dimension),
            repetitions=max(0.0, 2 * sight - _SHORT_VECTORS * block),
        )
        if cheapest is None or attack.core_svp < cheapest.core_svp:
            cheapest = attack
    raise AssertionError("blocks of every size have been tried")


def _blocks() -> Iterator[tuple[int, float]]:
    """Block sizes, each with the natural logarithm of its delta (Chen's formula, good from 50 on)."""
    for block in count(_SMALLEST_BLOCK):
        yield block, log((pi * block) ** (1 / block) * block / (2 * pi * e)) / (2 * (block - 1))


def deviation_given_sum(bits: int, hospitals: int) -> float:
    """Give the standard deviation of one hospital's number to somebody who knows the sum of several hospitals' numbers.

    A number is the ones among `bits` random bits less the ones among as many others; but for a constant it is the
    number of ones among twice as many bits. Given that h hospitals together have T ones, the bits of one of them are a
    draw without replacement: the number is hypergeometric. This is its geometric mean over T, since that is what
    decides about a lattice's volume; the variance is close to (1 - 1/h) of what it was before.

    Parameters
    ----------
    bits : bits on either side, 21 in the ring sum
    hospitals : how many numbers are summed whose parts are not known, 2 or more; with 1 the sum tells the number

    Raises
    ------
    TermsError
        If there are fewer than 2 hospitals.

    Examples
    --------
    >>> unconditional = (21 / 2) ** 0.5
    >>> round(unconditional, 2), round(deviation_given_sum(21, 2), 2), round(deviation_given_sum(21, 9), 2)
    (3.24, 2.29, 3.06)
    """
    if hospitals < 2:
        raise TermsError(f"a sum hides its parts from two unknown ones on, got {hospitals}")
    mine, all_bits = 2 * bits, 2 * bits * hospitals
    total, logs = 0.0, 0.0
    for ones in range(1, all_bits):  # with none or all of them the number is known, in 2 of 2^all_bits cases
        variance = mine * ones * (all_bits - ones) * (all_bits - mine) / (all_bits**2 * (all_bits - 1))
        ways = lgamma(all_bits + 1) - lgamma(ones + 1) - lgamma(all_bits - ones + 1)
        chance = exp(ways - all_bits * log(2))
        total, logs = total + chance, logs + chance * log(variance)
    return exp(logs / total / 2)

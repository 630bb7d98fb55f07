"""Slot integers, secrets and noise in, words of the ring scheme and their opened sum out: slow, in plain integers.

Written from the description of the scheme, not from the product, to be held against it. Nothing here is fast and
nothing hides anything: products are made by multiplying two huge integers, the transform by the textbook's recursion.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

N = 4096
LANES = 16
DATA = N - 1
NOISE = 42
MASK = 0x7FFFFFFF


def is_prime(n: int) -> bool:
    """Trial division; n below 2^31."""
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def largest_primes() -> tuple[int, int, int]:
    """The three largest primes below 2^31 that are 1 mod 8192, descending."""
    candidates = (n for n in range(2**31 - 2 * N + 1, 1, -2 * N) if is_prime(n))
    return next(candidates), next(candidates), next(candidates)


def smallest_root(p: int) -> int:
    """The smallest primitive 8192-th root of unity mod p."""
    some = next(r for g in count(2) if pow(r := pow(g, (p - 1) // (2 * N), p), N, p) == p - 1)
    return min(pow(some, odd, p) for odd in range(1, 2 * N, 2))


PRIMES = largest_primes()
Q = PRIMES[0] * PRIMES[1] * PRIMES[2]
ROOTS = tuple(smallest_root(p) for p in PRIMES)
REVERSED = [int(f"{i:012b}"[::-1], 2) for i in range(N)]


@dataclass(frozen=True)
class Scheme:
    """The numbers that follow from the most hospitals and the values in a coefficient."""

    most: int
    per_coefficient: int

    @property
    def log_t(self) -> int:
        return next(b for b in range(93, 0, -1) if 2**b * (NOISE * self.most + 1) <= Q)

    @property
    def bits(self) -> int:
        return self.log_t // self.per_coefficient

    @property
    def t(self) -> int:
        return 2 ** (self.per_coefficient * self.bits)

    @property
    def levels(self) -> int:
        return (2**self.bits - 1) // self.most

    @property
    def half(self) -> int:
        """Bits below the second tag of a check coefficient."""
        return self.per_coefficient * self.bits // 2

    def elements(self, slots: int) -> int:
        return -(-slots // (DATA * self.per_coefficient))


# --- numbers from keys


def keystream(key: bytes, counter: int) -> Iterator[int]:
    """32-bit words of AES-256 in counter mode, little-endian, from a 128-bit counter block."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter.to_bytes(16, "big"))).encryptor()
    while True:
        text = encryptor.update(bytes(4096))
        yield from (int.from_bytes(text[i : i + 4], "little") for i in range(0, 4096, 4))


def uniform(digest: bytes, block: int, lanes: int, k: int) -> list[list[int]]:
    """a of one block mod prime k in the transform's domain: for each of the lanes, 4096 values.

    A block is always expanded for sixteen lanes, so that its numbers do not depend on how many of them are in use.
    """
    stream = keystream(sha256(b"pleura ring a 1" + digest).digest(), (3 * block + k) << 64)
    words = [next(stream) & MASK for _ in range(N * LANES)]
    for position, word in enumerate(words):
        while word >= PRIMES[k]:
            word = next(stream) & MASK
        words[position] = word
    return [words[lane::LANES] for lane in range(lanes)]


@dataclass(frozen=True)
class CheckKeys:
    """Where a ring element's slots are hashed, modulo the first two primes."""

    points: tuple[int, int]
    """r_0 and r_1."""
    factors: tuple[tuple[int, ...], tuple[int, ...]]
    """For each prime a factor for each slot of a coefficient."""


def check_keys(check_key: bytes, element: int, per_coefficient: int) -> CheckKeys:
    """Words of one stream, in turn for prime 0 and prime 1: the points, then the factors of slot 0, of slot 1, ..."""
    stream = keystream(sha256(b"pleura ring check 1" + check_key).digest(), element << 64)
    pairs = [
        tuple(next(w for word in stream if (w := word & MASK) < p) for p in PRIMES[:2])
        for _ in range(1 + per_coefficient)
    ]
    return CheckKeys((pairs[0][0], pairs[0][1]), (tuple(p[0] for p in pairs[1:]), tuple(p[1] for p in pairs[1:])))


# --- polynomials mod X^4096 + 1


def fourier(values: Sequence[int], omega: int, p: int) -> list[int]:
    """Values of a polynomial at omega^0, omega^1, ...; the number of coefficients is a power of two."""
    if len(values) == 1:
        return list(values)
    even, odd = (fourier(values[start::2], omega * omega % p, p) for start in (0, 1))
    low, high, power = [], [], 1
    for a, b in zip(even, odd, strict=True):
        low.append((a + power * b) % p)
        high.append((a - power * b) % p)
        power = power * omega % p
    return low + high


def evaluate(polynomial: Sequence[int], k: int) -> list[int]:
    """The forward transform: at position i the value at psi^(2 reversed(i) + 1), the bits of i in reversed order."""
    p, psi = PRIMES[k], ROOTS[k]
    values = fourier([c * pow(psi, j, p) % p for j, c in enumerate(polynomial)], psi * psi % p, p)
    return [values[REVERSED[i]] for i in range(N)]


def interpolate(values: Sequence[int], k: int) -> list[int]:
    """The inverse transform: the polynomial with these values, its coefficients in 0..p-1."""
    p, psi = PRIMES[k], ROOTS[k]
    natural = [values[REVERSED[i]] for i in range(N)]
    coefficients = fourier(natural, pow(psi, -2, p), p)
    return [c * pow(psi, -j, p) * pow(N, -1, p) % p for j, c in enumerate(coefficients)]


def times(a: Sequence[int], b: Sequence[int], p: int) -> list[int]:
    """The product mod X^4096 + 1 and p, by one multiplication of integers with a digit of 80 bits a coefficient."""
    size = 10

    def integer(polynomial: Sequence[int]) -> int:
        return int.from_bytes(b"".join((c % p).to_bytes(size, "little") for c in polynomial), "little")

    product = (integer(a) * integer(b)).to_bytes(2 * N * size, "little")
    digits = [int.from_bytes(product[i : i + size], "little") for i in range(0, 2 * N * size, size)]
    return [(digits[j] - digits[j + N]) % p for j in range(N)]


def from_residues(residues: Sequence[int]) -> int:
    """The number in 0..q-1 with these remainders, by the Chinese remainder theorem."""
    total = 0
    for r, p in zip(residues, PRIMES, strict=True):
        rest = Q // p
        total += r * rest * pow(rest, -1, p)
    return total % Q


# --- messages


def lanes_of(scheme: Scheme, slots: int) -> list[int]:
    """Ring elements of each block."""
    elements = scheme.elements(slots)
    return [min(LANES, elements - first) for first in range(0, elements, LANES)]


def tags(scheme: Scheme, messages: Sequence[int], keys: CheckKeys) -> tuple[int, int]:
    """The two polynomial hashes of a ring element's 4095 messages, by the definition.

    They are taken over the slots, not over the messages: a message is larger than the product of the two primes, and
    what that product is added to looks the same modulo both.
    """
    mask = (1 << scheme.bits) - 1
    found = []
    for r, factors, p in zip(keys.points, keys.factors, PRIMES[:2], strict=True):
        total, power = 0, 1
        for m in reversed(messages):
            power = power * r % p  # r^(4095 - j)
            total += sum(f * (m >> (scheme.bits * s) & mask) for s, f in enumerate(factors)) * power
        found.append(total % p)
    return found[0], found[1]


def messages(scheme: Scheme, slots: Sequence[int], block: int, check_key: bytes) -> list[list[int]]:
    """Messages of one block: for each lane 4096 numbers, the last of them the check."""
    lanes = lanes_of(scheme, len(slots))[block]
    start = block * LANES * DATA * scheme.per_coefficient

    def slot(plane: int, j: int, lane: int) -> int:
        place = start + plane * DATA * lanes + j * lanes + lane
        return slots[place] if place < len(slots) else 0

    out = []
    for lane in range(lanes):
        data = [sum(slot(s, j, lane) << (scheme.bits * s) for s in range(scheme.per_coefficient)) for j in range(DATA)]
        low, high = tags(scheme, data, check_keys(check_key, block * LANES + lane, scheme.per_coefficient))
        out.append([*data, low + (high << scheme.half)])
    return out


# --- the scheme


def masked(secret: Sequence[int], digest: bytes, block: int, lanes: int) -> list[list[list[int]]]:
    """a s of one block: for each prime and lane 4096 coefficients."""
    return [
        [times(interpolate(values, k), secret, PRIMES[k]) for values in uniform(digest, block, lanes, k)]
        for k in range(3)
    ]


def encrypt(
    scheme: Scheme,
    slots: Sequence[int],
    secret: Sequence[int],
    noise: Sequence[Sequence[Sequence[int]]],
    digest: bytes,
    check_key: bytes,
) -> list[list[int]]:
    """Words of each block in the order of the wire; noise[block][lane][j] is 0..42."""
    out = []
    for block, lanes in enumerate(lanes_of(scheme, len(slots))):
        m, product = messages(scheme, slots, block, check_key), masked(secret, digest, block, lanes)
        out.append(
            [
                (product[k][lane][j] + scheme.t * noise[block][lane][j] + m[lane][j]) % p
                for k, p in enumerate(PRIMES)
                for j in range(N)
                for lane in range(lanes)
            ]
        )
    return out


def add(uploads: Sequence[Sequence[Sequence[int]]]) -> list[list[int]]:
    """The sum of several hospitals' words, each mod its prime."""
    return [
        [sum(words) % PRIMES[i * 3 // len(blocks[0])] for i, words in enumerate(zip(*blocks, strict=True))]
        for blocks in zip(*uploads, strict=True)
    ]


def open_coefficients(words: Sequence[int], lanes: int, secret: Sequence[int], digest: bytes, block: int) -> list[int]:
    """The numbers t e + m of a block in 0..q-1, at j * lanes + lane."""
    product = masked(secret, digest, block, lanes)
    return [
        from_residues([(words[(k * N + j) * lanes + lane] - product[k][lane][j]) % p for k, p in enumerate(PRIMES)])
        for j in range(N)
        for lane in range(lanes)
    ]


def decrypt(
    scheme: Scheme,
    blocks: Sequence[Sequence[int]],
    secret_sum: Sequence[int],
    slots: int,
    digest: bytes,
    check_key: bytes,
    hospitals: int,
) -> list[int]:
    """The summed slots, in the vector's order.

    Raises
    ------
    ValueError
        If a check fails: the noise, the levels, or the tags.
    """
    out: list[int] = []
    for block, lanes in enumerate(lanes_of(scheme, slots)):
        opened = open_coefficients(blocks[block], lanes, secret_sum, digest, block)
        if any(x // scheme.t > NOISE * hospitals for x in opened):
            raise ValueError(f"noise of block {block} is too large")
        m = [x % scheme.t for x in opened]
        for lane in range(lanes):
            mine = m[lane::lanes]
            keys = check_keys(check_key, block * LANES + lane, scheme.per_coefficient)
            got = (mine[DATA] % (1 << scheme.half) % PRIMES[0], (mine[DATA] >> scheme.half) % PRIMES[1])
            if got != tags(scheme, mine[:DATA], keys):
                raise ValueError(f"tags of ring element {block * LANES + lane} differ")
        for plane in range(scheme.per_coefficient):
            sums = [(x >> (scheme.bits * plane)) % (1 << scheme.bits) for x in m[: DATA * lanes]]
            if any(x > hospitals * scheme.levels for x in sums):
                raise ValueError(f"a slot of block {block} is too large")
            out += sums
    return out[:slots]

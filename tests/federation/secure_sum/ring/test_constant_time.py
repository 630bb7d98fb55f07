"""No branch, no address and no division of a kernel hangs on a secret, the noise or a message."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from federation.secure_sum.ring.leaks import jumps, leaks, reached
from pleura.federation.secure_sum.ring import (
    check,
    masks,
    noise,
    packing,
    secret,
    transform,
    unpacking,
    workspace,
)
from pleura.federation.secure_sum.ring.compiled import read_only, uncached
from pleura.federation.secure_sum.ring.expansion import BLOCK_WORDS
from pleura.federation.secure_sum.ring.modulus import PRIMES, RING_DEGREE
from pleura.federation.secure_sum.ring.packing import BLOCK_SLOTS

P = np.uint32(PRIMES[0])


def words(count: int) -> NDArray[np.uint32]:
    return np.zeros(count, np.uint32)


def long_words(count: int) -> NDArray[np.uint64]:
    return np.zeros(count, np.uint64)


SHIFTS = np.array([21, 63, 1, 20, 42, 22], np.uint64)
REDUCTION = np.array([(p, 2**32 % p, 2**64 % p, 2**62 // p) for p in PRIMES], np.uint32)
BLOCK = 3 * BLOCK_WORDS
KERNELS: dict[str, Any] = {
    # name: kernel, secret arrays, arrays that come to hold something of them, arguments
    "noise": (noise.biased, {"bits"}, {"out"}, (long_words(16), words(16))),
    "secret modulo p": (secret.below, {"coefficients"}, {"out"}, (np.zeros(16, np.int32), P, words(16))),
    "companions of the secret": (secret.scaled, {"x"}, {"x_companion"}, (words(16), words(5), P, words(16))),
    "transform": (transform.forward, {"x"}, set(), (words(RING_DEGREE), words(RING_DEGREE), words(RING_DEGREE), P)),
    "inverse transform": (
        transform.inverse_lanes,
        {"x"},
        set(),
        (words(BLOCK_WORDS), words(RING_DEGREE), words(RING_DEGREE), P),
    ),
    "product": (
        masks.product_with_secret,
        {"secret", "secret_companion"},
        {"words", "out"},
        (words(BLOCK_WORDS), *(words(RING_DEGREE) for _ in range(4)), P, words(BLOCK_WORDS)),
    ),
    "companions of the hash keys": (
        check.add_companions,
        {"keys"},
        set(),
        (words(192).reshape(12, 16), words(2), REDUCTION),
    ),
    "packing": (
        packing.pack_block,
        {"slots", "bits", "hash_keys", "words"},
        {"seen"},
        (words(4 * BLOCK_SLOTS), long_words(BLOCK_WORDS), words(192), SHIFTS, REDUCTION, words(BLOCK), words(16)),
    ),
    "unpacking": (
        unpacking.unpack_block,
        {"words", "masks", "hash_keys"},
        {"slots", "largest"},
        (
            *(read_only(words(BLOCK)), words(BLOCK), words(192), SHIFTS, REDUCTION),
            *(unpacking.joining_factors(), words(4 * BLOCK_SLOTS), words(96)),
        ),
    ),
    "widening": (workspace.spread_rows, {"x"}, set(), (words(64), 4, 3, words(16))),
    "narrowing": (workspace.narrow, {"x"}, set(), (words(64), 4, 3)),
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_gives_nothing_away(name: str) -> None:
    kernel, secrets, outputs, arguments = KERNELS[name]
    compiled = uncached(kernel.py_func)
    compiled(*arguments)
    assert leaks(compiled, secrets) == []
    assert reached(compiled, secrets) == secrets | outputs  # so the secrets were followed to where they go
    branches, machine_jumps = jumps(compiled)
    assert machine_jumps <= branches  # the last steps of the compiler made no branch of a selection


def branching(secret: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for i in range(out.size):
        for _ in range(secret[i]):
            out[i] = out[i] * np.uint32(3) + np.uint32(1)


def indexing(secret: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for i in range(secret.size):
        out[secret[i] & np.uint32(3)] += np.uint32(1)


def looking_up(secret: NDArray[np.uint32], table: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for i in range(secret.size):
        out[i] = table[secret[i] & np.uint32(3)]


def dividing(secret: NDArray[np.uint32], out: NDArray[np.uint32], p: np.uint32) -> None:
    for i in range(secret.size):
        out[i] = secret[i] % p


def by_way_of_memory(secret: NDArray[np.uint32], between: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    for i in range(secret.size):
        between[i] = secret[i] ^ np.uint32(5)
    for i in range(out.size):
        for _ in range(between[out.size - 1 - i]):
            out[i] = out[i] * np.uint32(3) + np.uint32(1)


def steady(secret: NDArray[np.uint32], out: NDArray[np.uint32], p: np.uint32) -> None:
    for i in range(secret.size):
        d = np.uint32(secret[i] - out[i])
        out[i] = min(d, np.uint32(d + p))


@pytest.mark.parametrize(
    ("leaky", "arguments", "sign"),
    [
        (branching, (words(4), words(4)), "br i1"),
        (indexing, (words(4), words(4)), "getelementptr"),
        (looking_up, (words(4), words(4), words(4)), "getelementptr"),
        (dividing, (words(4), words(4), P), "urem"),
        (by_way_of_memory, (words(4), words(4), words(4)), "br i1"),
    ],
)
def test_a_leak_is_seen(leaky: object, arguments: tuple[object, ...], sign: str) -> None:
    compiled = uncached(leaky)  # type: ignore[arg-type]
    compiled(*arguments)
    assert any(sign in line for line in leaks(compiled, {"secret"}))


def test_public_arrays_may_decide() -> None:
    """The same kernels are no leaks of what they do not branch on."""
    compiled = uncached(branching)
    compiled(words(4), words(4))
    assert leaks(compiled, {"out"}) == []


def test_minimum_is_no_leak() -> None:
    compiled = uncached(steady)
    compiled(words(64), words(64), P)
    assert leaks(compiled, {"secret", "out"}) == []


class ConvertedSelection:
    """A kernel whose selection became a jump in the machine code, as compilers do at times."""

    def py_func(self) -> None: ...

    def inspect_llvm(self) -> dict[str, str]:
        return {"": "define i32 @_ZN7py_func(ptr %arg.x.4) {\n  %1 = select i1 %c, i32 %a, i32 %b\n  ret i32 0\n}\n"}

    def inspect_asm(self) -> dict[str, str]:
        return {"": "\n_ZN7py_func:\n\tcmpl %eax, %ebx\n\tjb .LBB0_1\n\tjmp .LBB0_2\n.Lfunc_end0:\n"}


def test_a_jump_that_no_branch_asked_for_is_seen() -> None:
    assert jumps(ConvertedSelection()) == (0, 1)

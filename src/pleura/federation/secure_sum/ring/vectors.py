"""The 16 lanes of a row as one value: what the kernels add, multiply and compare, for Numba.

A row of a block is 16 words of 32 bits, one of each ring element. Left to itself the compiler widens such rows to 64
bits and narrows them again for each product; here the words at even and at odd places are multiplied where they stand,
as the instructions of the processor do it. The operations are written in LLVM's own vector language, so that any
processor runs them, with vectors as wide as it has.

None of them branches, indexes or divides by what it works on. `exceeds` alone gives something to branch on, and is for
public words.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending
from numba.core import types
from numba.extending import models, overload, register_model

__all__ = [
    "Half",
    "Index",
    "Row",
    "even",
    "exceeds",
    "greatest",
    "halves",
    "least",
    "load",
    "odd",
    "ones",
    "spread",
    "store",
    "upper",
    "wide",
    "woven",
]

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_WORDS, _PAIRS = ir.VectorType(_I32, 16), ir.VectorType(_I64, 8)


class _Vector(types.Type):
    """16 words of 32 bits, or 8 of 64."""

    def __init__(self, name: str, form: ir.VectorType) -> None:
        super().__init__(name=name)
        self.form = form


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Vector) -> None:
        super().__init__(manager, kind, kind.form)  # type: ignore[no-untyped-call]


WORDS = _Vector("words16", _WORDS)
PAIRS = _Vector("pairs8", _PAIRS)

Index = Any
"""Where a row begins in an array: an unsigned number of 64 bits in a kernel."""
Row = Any
"""A row's 16 words, as the type checker sees them."""
Half = Any
"""The even or the odd lanes of a row, 64 bits each."""

Build = Callable[..., Any]
intrinsic: Any = extending.intrinsic  # whose stub would have the kernels pass the compiler's own arguments


def _constant(form: ir.VectorType, value: int) -> ir.Constant:
    return ir.Constant(form, [value] * form.count)


def _shuffled(builder: Any, first: Any, second: Any, places: list[int]) -> Any:
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(_I32, len(places)), places))


def _minimum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_unsigned("<", a, b), a, b)


def _maximum(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_unsigned(">", a, b), a, b)


def _even(builder: Any, words: Any) -> Any:
    return builder.bitcast(words, _PAIRS)


def _odd(builder: Any, words: Any) -> Any:
    # a shuffle, not a shift: of a shift the compiler would forget outside the loop that its upper half is zero
    return builder.bitcast(_shuffled(builder, words, words, [i | 1 for i in range(16)]), _PAIRS)


def _wide(builder: Any, a: Any, b: Any) -> Any:
    low = _constant(_PAIRS, 0xFFFFFFFF)
    return builder.mul(builder.and_(a, low), builder.and_(b, low))


def _upper(builder: Any, a: Any, b: Any) -> Any:
    evens = builder.bitcast(_wide(builder, _even(builder, a), _even(builder, b)), _WORDS)
    odds = builder.bitcast(_wide(builder, _odd(builder, a), _odd(builder, b)), _WORDS)
    return _shuffled(builder, evens, odds, [i + 1 if i % 2 == 0 else i + 16 for i in range(16)])


def _woven(builder: Any, evens: Any, odds: Any) -> Any:
    evens, odds = builder.bitcast(evens, _WORDS), builder.bitcast(odds, _WORDS)
    return _shuffled(builder, evens, odds, [i if i % 2 == 0 else i + 15 for i in range(16)])


def _ones(builder: Any, a: Any) -> Any:
    return builder.call(
        builder.module.declare_intrinsic("llvm.ctpop.v8i64", (), ir.FunctionType(_PAIRS, [_PAIRS])), [a]
    )


def _exceeds(builder: Any, a: Any, b: Any) -> Any:
    found = builder.bitcast(builder.icmp_unsigned(">=", a, b), ir.IntType(16))
    return builder.icmp_unsigned("!=", found, ir.Constant(found.type, 0))


def _operation(result: Any, arguments: tuple[Any, ...], build: Build) -> Any:
    """Make a function for kernels from one that writes LLVM instructions."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return build(builder, *values)

    if len(arguments) == 1:

        @intrinsic
        def one(_typing: Any, a: Any) -> Any:
            return (result(*arguments), generate) if a == arguments[0] else None

        return one

    @intrinsic
    def two(_typing: Any, a: Any, b: Any) -> Any:
        return (result(*arguments), generate) if (a, b) == arguments else None

    return two


least = _operation(WORDS, (WORDS, WORDS), _minimum)
"""The smaller word in each lane."""
greatest = _operation(WORDS, (WORDS, WORDS), _maximum)
"""The larger word in each lane."""
upper = _operation(WORDS, (WORDS, WORDS), _upper)
"""Upper 32 bits of each lane's product."""
even = _operation(PAIRS, (WORDS,), lambda b, a: b.and_(_even(b, a), _constant(_PAIRS, 0xFFFFFFFF)))
"""The lanes 0, 2, .. 14 in 64 bits each."""
odd = _operation(PAIRS, (WORDS,), lambda b, a: b.and_(_odd(b, a), _constant(_PAIRS, 0xFFFFFFFF)))
"""The lanes 1, 3, .. 15 in 64 bits each."""
wide = _operation(PAIRS, (PAIRS, PAIRS), _wide)
"""Products, of 64 bits, of the lower 32 bits."""
woven = _operation(WORDS, (PAIRS, PAIRS), _woven)
"""Lower 32 bits of the even lanes' and the odd lanes' vector, in the lanes' order."""
ones = _operation(PAIRS, (PAIRS,), _ones)
"""How many bits are set."""
exceeds = _operation(types.boolean, (WORDS, WORDS), _exceeds)
"""Whether any word is at least that of the other vector in its lane; for public words only."""


@intrinsic
def load(_typing: Any, array: Any, index: Any) -> Any:
    """Give the 16 words of an array from an index on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _read(context, builder, signature, values, _WORDS, 0)

    return WORDS(array, index), generate


@intrinsic
def halves(_typing: Any, array: Any, index: Any) -> Any:
    """Give 16 words of 64 bits of an array from an index on: those of the even lanes, and those of the odd ones."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        first = _read(context, builder, signature, values, _PAIRS, 0)
        second = _read(context, builder, signature, values, _PAIRS, 8)
        parts = [_shuffled(builder, first, second, [2 * i + part for i in range(8)]) for part in (0, 1)]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(PAIRS, 2)(array, index), generate  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any, form: ir.VectorType) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), form.as_pointer())


def _read(context: Any, builder: Any, signature: Any, values: Any, form: ir.VectorType, further: int) -> Any:
    index = builder.add(values[1], ir.Constant(values[1].type, further))
    place = _place(context, builder, signature.args[0], values[0], index, form)
    return builder.load(place, align=form.element.width // 8)


@intrinsic
def store(_typing: Any, array: Any, index: Any, words: Any) -> Any:
    """Write 16 words into an array from an index on."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature.args[0], values[0], values[1], _WORDS)
        builder.store(values[2], place, align=4)
        return context.get_dummy_value()

    return types.void(array, index, words), generate


@intrinsic
def spread(_typing: Any, word: Any) -> Any:
    """Give one word in every place: of 32 bits in 16 lanes, or of 64 bits in 8."""
    kinds = {types.uint32: WORDS, types.uint64: PAIRS}
    if word not in kinds:
        return None
    kind = kinds[word]

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return _splat(builder, values[0], kind.form)

    return kind(word), generate


def _splat(builder: Any, value: Any, form: ir.VectorType) -> Any:
    first = builder.insert_element(ir.Constant(form, ir.Undefined), value, ir.Constant(_I32, 0))
    return _shuffled(builder, first, first, [0] * form.count)


def _arithmetic(operation: Any, name: str) -> None:
    """Give both kinds of vector one of Python's operators; 64-bit shifts take one number for all lanes."""
    functions = {
        kind: _operation(kind, (kind, kind), lambda builder, a, b: getattr(builder, name)(a, b))
        for kind in (WORDS, PAIRS)
    }

    @overload(operation)
    def choose(a: Any, b: Any) -> Any:
        if a != b or a not in functions:
            return None
        function = functions[a]

        def apply(a: Any, b: Any) -> Any:
            return function(a, b)

        return apply


def _shift(operation: Any, name: str) -> None:
    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return getattr(builder, name)(values[0], _splat(builder, values[1], _PAIRS))

    @intrinsic
    def function(_typing: Any, a: Any, bits: Any) -> Any:
        return PAIRS(a, bits), generate

    @overload(operation)
    def choose(a: Any, bits: Any) -> Any:
        if a != PAIRS or bits != types.uint64:
            return None

        def apply(a: Any, bits: Any) -> Any:
            return function(a, bits)

        return apply


for _operator, _name in (
    (operator.add, "add"),
    (operator.sub, "sub"),
    (operator.mul, "mul"),
    (operator.and_, "and_"),
    (operator.or_, "or_"),
    (operator.xor, "xor"),
):
    _arithmetic(_operator, _name)
_shift(operator.lshift, "shl")
_shift(operator.rshift, "lshr")

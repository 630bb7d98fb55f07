"""Parts and their total, or one number printed in several places, in; what does not add up out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from pleura.evaluation.consistency.finding import Finding, Level, show, show_range
from pleura.evaluation.consistency.printed import Printed, Range, Reading

__all__ = ["Repeated", "Sum", "check_repeated", "check_sum"]


@dataclass(frozen=True)
class Sum:
    """Parts that should add up to a total."""

    name: str
    parts: Mapping[str, Printed]
    total: Printed


@dataclass(frozen=True)
class Repeated:
    """One number as it stands in several places."""

    name: str
    values: Mapping[str, Printed]
    """By place."""


def check_sum(one: Sum) -> list[Finding]:
    """Check that the parts, each anything that is printed so, can add up to the total."""

    def adds_up(reading: Reading) -> bool:
        return _added(one.parts, reading).meets(one.total.range(reading))

    if adds_up(Reading.ROUNDED):
        return []
    parts = tuple(f"{name} {part.text}" for name, part in one.parts.items())
    added = _added(one.parts, Reading.ROUNDED)
    expected = f"Expected: a total of {show_range(added, one.total)}."
    if one.total.exact and added.low == added.high:
        short = one.total.value - added.low
        expected += f" The parts have {show(abs(short))} too {'few' if short > 0 else 'many'}."
    return [
        Finding(_level(adds_up), "parts add up to their total", one.name, (*parts, f"total {one.total.text}"), expected)
    ]


def check_repeated(one: Repeated) -> list[Finding]:
    """Check that what is said in several places is the same number, to its digits."""

    def agree(reading: Reading) -> bool:
        return all(_same(a, b, reading) for a in one.values.values() for b in one.values.values())

    if agree(Reading.ROUNDED):
        return []
    texts = tuple(f"{place} {value.text}" for place, value in one.values.items())
    return [Finding(_level(agree), "one number is the same everywhere", one.name, texts, "Expected: one value.")]


def _same(a: Printed, b: Printed, reading: Reading) -> bool:
    """Whether both may be one number; to as many digits one number is printed in one way."""
    return a.value == b.value if a.unit == b.unit else a.range(reading).meets(b.range(reading))


def _level(fits: Callable[[Reading], bool]) -> Level:
    return Level.UNLIKELY if fits(Reading.TIES_DOWN) or fits(Reading.CUT_OFF) else Level.CONTRADICTION


def _added(parts: Mapping[str, Printed], reading: Reading) -> Range:
    return reduce(Range.__add__, (part.range(reading) for part in parts.values()), Range(Fraction(0), Fraction(0)))

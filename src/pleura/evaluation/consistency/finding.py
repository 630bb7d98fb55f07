"""What the checker says of reported numbers: a level, a rule, what was reported and what was expected."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pleura.evaluation.consistency.printed import Printed, Range

__all__ = ["Finding", "Level", "finding_table", "show", "show_range"]


class Level(StrEnum):
    """How sure it is that something is wrong."""

    CONTRADICTION = "contradiction"
    """No data at all give these numbers."""
    UNLIKELY = "unlikely"
    """Possible, but not by the usual methods, or only if digits were cut off."""
    NOTE = "note"
    """Worth a look; often right."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit."""

    level: Level
    rule: str
    """By which rule, in a few words."""
    where: str
    """Name of the test, sum or table."""
    reported: tuple[str, ...]
    """The fewest numbers that do not fit together, each with its name."""
    expected: str
    """What would fit."""

    def __str__(self) -> str:
        return f"{self.level}: {self.where}: {self.rule}: {'; '.join(self.reported)}. {self.expected}"


def finding_table(finding: Finding) -> dict[str, Any]:
    """Give a finding as plain values, for JSON."""
    return {**asdict(finding), "level": finding.level.value, "reported": list(finding.reported)}


def show(value: Fraction, like: Printed | None = None, *, more: int = 1) -> str:
    """Write a number as another one is printed, with some digits more; a percentage where that is one.

    Examples
    --------
    >>> from pleura.evaluation.consistency.printed import parse_printed
    >>> show(Fraction(143, 160), parse_printed("89.4 %"))
    '89.38 %'
    """
    if like is None:
        return f"{float(value):.4g}"
    percent = like.text.endswith("%")
    step = like.unit * 100 if percent else like.unit
    digits = max(0, len(str(step.denominator)) - 1 + more)
    if like.exact:
        digits = 0 if value.denominator == 1 else 1
    return f"{float(value * 100):.{digits}f} %" if percent else f"{float(value):.{digits}f}"


def show_range(span: Range, like: Printed | None = None, *, more: int = 1) -> str:
    """Write a range; one number where its ends are the same.

    Examples
    --------
    >>> show_range(Range(Fraction(1, 2), Fraction(3, 4)))
    '0.5 to 0.75'
    """
    low, high = show(span.low, like, more=more), show(span.high, like, more=more)
    return low if low == high else f"{low} to {high}"

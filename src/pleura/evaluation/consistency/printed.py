"""A number as it is printed in; the exact range of values that it may stand for out.

"0.93" is a text of two decimals: any value of at least 0.925 and below 0.935 is printed so. Ranges are fractions, so
that nothing is lost, and percentages are shares: "93 %" is 0.93 with a range from 0.925 to 0.935.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from pleura.errors import CohortError

__all__ = ["Measure", "Printed", "Range", "Reading", "parse_measure", "parse_printed"]

MOST_DECIMALS = 12
"""More are no printed number."""


class Reading(IntEnum):
    """How printed numbers are taken to have come about: all of a set in one way."""

    ROUNDED = 0
    """To the nearest; a tie goes up, or to the even digit."""
    TIES_DOWN = 1
    """To the nearest; a tie goes either way, as where a program rounds a binary number that lies just below it."""
    CUT_OFF = 2
    """Digits past the last were cut off."""


@dataclass(frozen=True)
class Range:
    """All numbers between two; an end belongs to it unless it is open."""

    low: Fraction
    high: Fraction
    low_open: bool = False
    high_open: bool = False

    def meets(self, other: "Range") -> bool:
        """Whether a number lies in both."""
        return not (self.below(other) or other.below(self))

    def below(self, other: "Range") -> bool:
        """Whether every number of this one is below every number of the other."""
        touching = self.high == other.low and (self.high_open or other.low_open)
        return self.high < other.low or touching

    def __add__(self, other: "Range") -> "Range":
        """Range of the sum of a number of each."""
        return Range(
            self.low + other.low,
            self.high + other.high,
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )


@dataclass(frozen=True)
class Printed:
    """One number as it stands on paper; shares are not percentages any more."""

    text: str
    """As printed."""
    value: Fraction
    unit: Fraction
    """One step of the last digit."""
    exact: bool = False
    """A count: a whole number that nothing was rounded to."""

    def range(self, reading: Reading = Reading.ROUNDED) -> Range:
        """Values that may have been printed so."""
        if self.exact:
            return Range(self.value, self.value)
        half = self.unit / 2
        even = (self.value / self.unit) % 2 == 0
        if reading is Reading.ROUNDED and self.value >= 0:
            return Range(self.value - half, self.value + half, high_open=not even)
        if reading is Reading.CUT_OFF and self.value >= 0:
            return Range(self.value, self.value + self.unit, high_open=True)
        if reading is Reading.CUT_OFF:
            return Range(self.value - self.unit, self.value, low_open=True)
        return Range(self.value - half, self.value + half)


@dataclass(frozen=True)
class Measure:
    """What is printed of one measure: the number, and with it an interval and counts where there are any."""

    text: str
    value: Printed | None
    interval: tuple[Printed, Printed] | None = None
    counts: tuple[int, int] | None = None
    """Hits and total."""


_NUMBER = r"[-−]?\d+(?:\.\d+)?"
_CONFIDENCE = re.compile(r"\b\d+(?:\.\d+)?\s*%?\s*(?:CI|confidence interval)\b\s*[:,=]?", re.IGNORECASE)
_DEVIATION = re.compile(rf"(?:±|\+/-)\s*{_NUMBER}\s*%?")
_FRACTION = re.compile(r"(\d+)\s*(?:/|\bof\b)\s*(\d+)")
_INTERVAL = re.compile(rf"({_NUMBER})\s*(%?)\s*(?:\bto\b|[-−–—,;])\s*({_NUMBER})\s*(%?)")
_SINGLE = re.compile(rf"({_NUMBER})\s*(%?)")


def parse_printed(text: str | int, *, percent: bool = False) -> Printed:
    """Read one number.

    Parameters
    ----------
    text : as printed, with its last zeros; a whole number that is no percentage is a count
    percent : it is a percentage even if the sign is not there

    Raises
    ------
    CohortError
        If it is no number, or has more than 12 decimals.

    Examples
    --------
    >>> found = parse_printed("97.5 %").range()
    >>> float(found.low), float(found.high), found.high_open
    (0.9745, 0.9755, True)
    >>> parse_printed(80).range().low
    Fraction(80, 1)
    """
    plain = _plain(str(text))
    match = _SINGLE.fullmatch(plain.strip())
    if match is None:
        raise CohortError(f'"{text}" is no number; need one such as "0.93", "93.1 %" or 80')
    digits, sign = match.groups()
    return _printed(str(text).strip(), digits, bool(sign) or percent, counts=True)


def parse_measure(text: str | int) -> Measure:
    """Read a measure with what stands beside it: "97.5% (78/80)", "0.98 (95% CI 0.97-0.99)", "78/80".

    A standard deviation, "0.98 ± 0.01", is passed over.

    Raises
    ------
    CohortError
        If there is neither a number nor a fraction in it, or more than these.

    Examples
    --------
    >>> found = parse_measure("97.5% (95% CI: 91.3-99.7; 78/80)")
    >>> found.value.text, [end.text for end in found.interval], found.counts
    ('97.5 %', ['91.3 %', '99.7 %'], (78, 80))
    """
    rest = _DEVIATION.sub(" ", _CONFIDENCE.sub(" ", _plain(str(text))))
    counts = None
    fraction = _FRACTION.search(rest)
    if fraction is not None:
        counts = (int(fraction[1]), int(fraction[2]))
        rest = rest[: fraction.start()] + " " + rest[fraction.end() :]
        if counts[1] == 0:
            raise CohortError(f'"{text}": a share of no cases; leave it out')
    pair = _INTERVAL.search(rest)
    single = rest if pair is None else rest[: pair.start()] + " " + rest[pair.end() :]
    numbers = _SINGLE.findall(single)
    if len(numbers) > 1 or (not numbers and counts is None) or re.search(r"[^\W\d_]", single):
        raise CohortError(
            f'"{text}" is no measure; need a number, and if you like an interval and counts: "0.98 (0.97-0.99)", '
            f'"97.5% (78/80)"'
        )
    value = None
    percent = bool(numbers and numbers[0][1])
    if numbers:
        value = _printed(numbers[0][0] + (" %" if percent else ""), numbers[0][0], percent)
    if pair is None:
        return Measure(str(text), value, None, counts)
    low, first, high, second = pair.groups()
    percent = percent or bool(first or second)
    ends = [_printed(end + (" %" if percent else ""), end, percent) for end in (low, high)]
    return Measure(str(text), value, (ends[0], ends[1]), counts)


def _plain(text: str) -> str:
    """Decimal points as some journals set them, and minus signs, as everyone else's."""
    return re.sub(r"(?<=\d)[·∙](?=\d)", ".", text)


def _printed(text: str, digits: str, percent: bool, *, counts: bool = False) -> Printed:
    decimals = len(digits.partition(".")[2])
    if decimals > MOST_DECIMALS:
        raise CohortError(f'"{text}" has {decimals} decimals; need at most {MOST_DECIMALS}: give it as printed')
    scale = Fraction(1, 100) if percent else Fraction(1)
    value = Fraction(digits.replace("−", "-")) * scale
    return Printed(text, value, Fraction(1, 10**decimals) * scale, exact=counts and not percent and decimals == 0)

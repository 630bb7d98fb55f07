"""Names, sizes and ranges in, the layout of one flat vector out: which slots hold which values, and how finely."""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from pleura.errors import TermsError

__all__ = ["Counts", "Layout", "Segment", "Values"]


@dataclass(frozen=True, kw_only=True)
class Values:
    """Real numbers of one tensor, each sent as the nearest of evenly spaced levels between -clip and clip."""

    name: str
    size: int
    """How many numbers, 0 or more."""
    clip: float
    """What a number may be at the most, either sign; larger ones are cut, counted and reported."""

    def __post_init__(self) -> None:
        _check(self.name, self.size)
        if not 1e-30 <= self.clip <= 1e30:
            raise TermsError(f"clip of {self.name!r} must lie between 1e-30 and 1e30, got {self.clip}")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Whole numbers such as a hospital's weight or a confusion matrix; their sum is exact.

    A number takes a slot a digit, all lowest digits of the segment before all second ones.
    """

    name: str
    size: int
    """How many numbers, 0 or more."""
    most: int
    """What one hospital's number may be at the most; larger ones are refused."""

    def __post_init__(self) -> None:
        _check(self.name, self.size)
        if not 1 <= self.most < 2**53:
            raise TermsError(f"most of {self.name!r} must lie between 1 and 2^53 - 1, got {self.most}")

    def digits(self, levels: int) -> int:
        """Digits to the base levels + 1 that one number needs."""
        digits, reach = 1, levels
        while reach < self.most:
            digits, reach = digits + 1, reach * (levels + 1) + levels
        return digits


Segment = Values | Counts


def _check(name: str, size: int) -> None:
    if not name or not name.isprintable():
        raise TermsError(f"a segment needs a printable name, got {name!r}")
    if size < 0:
        raise TermsError(f"size of {name!r} must be 0 or more, got {size}")


@dataclass(frozen=True)
class Layout:
    """Segments in the order in which they stand in the vector.

    Raises
    ------
    TermsError
        If two segments have one name.
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        names = [s.name for s in self.segments]
        twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise TermsError(f"each segment needs a name of its own; more than once: {', '.join(twice)}")

    def slots(self, levels: int) -> int:
        """Slots of the whole vector, where a slot holds 0 to `levels`."""
        return sum(s.size if isinstance(s, Values) else s.size * s.digits(levels) for s in self.segments)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over names, kinds, sizes and ranges, 32 bytes."""
        rows = [{"kind": type(s).__name__, **vars(s)} for s in self.segments]
        return sha256(json.dumps(rows, sort_keys=True, separators=(",", ":")).encode()).digest()

"""Hospitals' names, or a TOML file about them, in; each with its scanner, patients and mix of classes out."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pleura.data.synthetic.scanner.scanners import SCANNERS, find_scanner
from pleura.errors import CohortError, RecipeError
from pleura.settings import CLASSES, LABELS, parse_settings

__all__ = ["SyntheticHospital", "alike_hospitals", "read_hospitals"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_MOST_A_ROUND = 1000
_FIRST_SCANNER = next(iter(SCANNERS))


@dataclass(frozen=True, kw_only=True)
class SyntheticHospital:
    """One hospital of a cohort before it is drawn."""

    name: str
    """Letters, digits, - and _, at most 32."""
    patients: int
    """At least one."""
    scanner: str = _FIRST_SCANNER
    """A name in `SCANNERS`."""
    classes: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 1))
    """Label -> how many of each round of patients bear it."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CohortError(
                f"hospital {self.name!r} must be 1 to 32 letters, digits, - or _, and begin with one of the first two"
            )
        if self.patients < 1:
            raise CohortError(f"hospital {self.name}: need at least 1 patient, got {self.patients}")
        find_scanner(self.scanner)
        if not self.classes or not set(self.classes) <= set(LABELS):
            raise CohortError(
                f"hospital {self.name}: classes must be some of {', '.join(LABELS)}, got {list(self.classes)}"
            )
        bad = [f"{label}: {count}" for label, count in self.classes.items() if not 1 <= count <= _MOST_A_ROUND]
        if bad:
            raise CohortError(
                f"hospital {self.name}: each class needs 1 to {_MOST_A_ROUND} patients a round, got {', '.join(bad)}"
            )


def alike_hospitals(
    cases: int, names: Sequence[str], classes: Sequence[str] | Mapping[str, int] = CLASSES
) -> tuple[SyntheticHospital, ...]:
    """Share patients out evenly among hospitals that differ in nothing but the scanner.

    Parameters
    ----------
    cases : patients in all, one a hospital or more; the first hospitals get those that are left over
    names : of the hospitals; scanners go round `SCANNERS`
    classes : which labels, each equally often; or label -> how many of each round of patients bear it

    Raises
    ------
    CohortError
        If an argument cannot be used.
    """
    if isinstance(names, str) or not names:
        raise CohortError(f"need at least one hospital, each named once, got {names!r}")
    if cases < len(names):
        raise CohortError(f"need at least 1 case for each of {len(names)} hospitals, got {cases}")
    mix = dict(classes) if isinstance(classes, Mapping) else dict.fromkeys(classes, 1)
    if isinstance(classes, str) or len(mix) != len(classes):
        raise CohortError(f"classes must be some of {', '.join(LABELS)}, each once, got {list(classes)}")
    each, left = divmod(cases, len(names))
    return tuple(
        SyntheticHospital(name=name, patients=each + (h < left), scanner=list(SCANNERS)[h % len(SCANNERS)], classes=mix)
        for h, name in enumerate(names)
    )


@dataclass(frozen=True, kw_only=True)
class _Hospitals:
    hospital: tuple[SyntheticHospital, ...]


def read_hospitals(path: Path) -> tuple[SyntheticHospital, ...]:
    """Read hospitals from a TOML file of `[[hospital]]` tables with the fields of `SyntheticHospital`.

    Raises
    ------
    CohortError, RecipeError
        If the file cannot be read, is not TOML, or describes a hospital that cannot be.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CohortError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CohortError(f"{path} is not a TOML file: {error}") from error
    try:
        return parse_settings(_Hospitals, table).hospital
    except (CohortError, RecipeError) as error:
        raise type(error)(f"{path}: {error}") from error

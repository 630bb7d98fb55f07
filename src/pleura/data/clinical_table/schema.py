"""The text of a schema in; what a clinical table may hold, feature by feature, out; and back.

A schema says what a column means: its kind, the unit its numbers are kept in and the other units they may come in, the
range that a person can have, and which words stand for a value that was not measured.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pleura.errors import RecipeError
from pleura.settings import parse_settings

__all__ = ["FORMAT", "KINDS", "Feature", "Schema", "find_schema", "parse_schema", "schema_table"]

FORMAT = 1
"""Version of the schema's layout."""
KINDS = ("number", "yes-no", "category")


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One thing that is asked or measured of a patient."""

    label: str
    """What a reader is shown."""
    kind: str = "number"
    """ "number"; "yes-no"; or "category", one of `values`."""
    unit: str = ""
    """Of a number as it is kept; empty for a mere number."""
    units: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Other units a number may come in: [factor] or [factor, offset], kept = factor x given + offset."""
    low: float = -math.inf
    """Least value a person can have, in `unit`; of a number."""
    high: float = math.inf
    """Greatest one."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a category: each value with its other spellings; case is ignored."""
    columns: tuple[str, ...] = ()
    """Further headers that mean this feature; case is ignored."""

    def __post_init__(self) -> None:
        number, category = self.kind == "number", self.kind == "category"
        conversions = self.units.values()
        bounded = math.isfinite(self.low) or math.isfinite(self.high)
        problems = (
            (self.kind not in KINDS, f'kind = "{self.kind}"; known are {", ".join(KINDS)}'),
            (number and not self.low < self.high, f"low = {self.low:g}, high = {self.high:g}; need low < high"),
            (number and not (math.isfinite(self.low) and math.isfinite(self.high)), "a number needs low and high"),
            (
                not number and (bool(self.unit) or bool(self.units) or bounded),
                f"unit, units, low and high are for numbers, not for {self.kind}",
            ),
            (category != bool(self.values), "values are for a category, and every category has them"),
            (category and len(self.values) < 2, "a category needs two values or more"),
            (
                any(len(one) not in (1, 2) or not all(map(math.isfinite, one)) or one[0] == 0 for one in conversions),
                "units are [factor] or [factor, offset], and no factor is 0",
            ),
        )
        for wrong, what in problems:
            if wrong:
                raise RecipeError(what)

    @property
    def levels(self) -> int:
        """Number of values of a category; 0 for any other kind."""
        return len(self.values)

    @property
    def expected(self) -> str:
        """Say what a cell of this feature may hold."""
        if self.kind == "yes-no":
            return "yes or no"
        if self.kind == "category":
            return f"one of {', '.join(self.values)}"
        return f"a number from {self.low:g} to {self.high:g}{f' {self.unit}' if self.unit else ''}"


@dataclass(frozen=True, kw_only=True)
class Schema:
    """All features of a clinical table, in order."""

    name: str
    features: Mapping[str, Feature]
    """Name -> feature; the name is a header that means it."""
    description: str = ""
    missing: tuple[str, ...] = ("NA", "N/A", "-", "?")
    """Words for a value that was not measured, beside an empty cell; case is ignored."""

    def __post_init__(self) -> None:
        if not self.features:
            raise RecipeError("a schema needs one feature or more")
        owner: dict[str, str] = {}
        for name, feature in self.features.items():
            for header in (name, *feature.columns):
                if owner.setdefault(header.casefold(), name) != name:
                    raise RecipeError(f'the header "{header}" means both {owner[header.casefold()]} and {name}')

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return tuple(self.features)

    def only(self, names: Sequence[str]) -> "Schema":
        """Keep these features, in the schema's order.

        Raises
        ------
        RecipeError
            If one is unknown, or none is left.
        """
        unknown = [name for name in names if name not in self.features]
        if unknown:
            raise RecipeError(f"no feature {unknown[0]} in the schema {self.name}; known are {', '.join(self.names)}")
        return replace(self, features={name: one for name, one in self.features.items() if name in names})

    def without(self, names: Sequence[str]) -> "Schema":
        """Leave these features out; refusals as in `only`."""
        self.only([*names, self.names[0]])
        return self.only([name for name in self.names if name not in names])


def parse_schema(text: str) -> Schema:
    r"""Read a schema.

    Parameters
    ----------
    text : TOML with `format = 1`, `name`, and a table `[features.NAME]` a feature

    Raises
    ------
    RecipeError
        If it is not TOML, of another format, or holds an unknown key, a wrong type or a contradiction.

    Examples
    --------
    >>> text = 'format = 1\nname = "s"\n[features.crp]\nlabel = "CRP"\nunit = "mg/L"\nlow = 0\nhigh = 1000'
    >>> parse_schema(text).features["crp"].expected
    'a number from 0 to 1000 mg/L'
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"the schema is not TOML: {error}") from error
    if table.pop("format", None) != FORMAT:
        raise RecipeError(f"the schema is not of format {FORMAT}; begin it with format = {FORMAT}")
    features = table.get("features", {})
    if not isinstance(features, dict):
        raise RecipeError("features are tables [features.NAME]")
    for name, entry in features.items():
        try:
            parse_settings(Feature, entry if isinstance(entry, dict) else {})
        except RecipeError as error:
            raise RecipeError(f"feature {name}: {error}") from error
    return parse_settings(Schema, table)


def schema_table(schema: Schema) -> dict[str, Any]:
    """Give a schema as the plain table that its TOML holds; what is left at its default is left out."""
    features = {}
    for name, feature in schema.features.items():
        entry: dict[str, Any] = {"label": feature.label, "kind": feature.kind}
        if feature.kind == "number":
            entry |= {"unit": feature.unit, "low": feature.low, "high": feature.high}
        if feature.columns:
            entry["columns"] = list(feature.columns)
        if feature.units:
            entry["units"] = {unit: list(numbers) for unit, numbers in feature.units.items()}
        if feature.values:
            entry["values"] = {value: list(others) for value, others in feature.values.items()}
        features[name] = entry
    return {
        "format": FORMAT,
        "name": schema.name,
        "description": schema.description,
        "missing": list(schema.missing),
        "features": features,
    }


def find_schema(reference: str) -> Schema:
    """Read a schema by path, or by name among those that come with the package.

    Parameters
    ----------
    reference : a TOML file, or "synthetic", the schema of synthetic cohorts' `clinical.csv`

    Raises
    ------
    RecipeError
        If there is none, or it cannot be used.
    """
    folder = Path(__file__).parent / "schemas"
    shipped = {entry.stem: entry for entry in sorted(folder.glob("*.toml"))}
    path = Path(reference) if Path(reference).is_file() else shipped.get(reference)
    if path is None:
        raise RecipeError(
            f'no schema "{reference}": it is not a file, and those that come with Pleura are {", ".join(shipped)}'
        )
    try:
        return parse_schema(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the schema {path}: {error}") from error
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}") from error

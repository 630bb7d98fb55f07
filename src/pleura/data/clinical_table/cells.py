"""A header or a cell of a clinical table in; the feature and its factor, or a number in the feature's unit, out."""

import re
from dataclasses import dataclass
from math import isfinite, nan

from pleura.data.clinical_table.schema import Feature, Schema
from pleura.errors import CohortError

__all__ = ["NO", "YES", "Column", "cell_value", "header_column", "header_feature"]

YES = ("1", "yes", "y", "true", "+", "pos", "positive")
NO = ("0", "no", "n", "false", "neg", "negative")
"""Words of a yes-no feature; case is ignored."""

_WITH_UNIT = re.compile(r"^(?P<name>.*?)\s*\[(?P<unit>[^\[\]]*)\]$")


@dataclass(frozen=True)
class Column:
    """What a column of a table means."""

    name: str
    """Of the feature."""
    feature: Feature
    factor: float = 1.0
    offset: float = 0.0
    """A number as kept is factor x cell + offset."""
    unit: str = ""
    """That the cells are in."""


def header_feature(header: str, schema: Schema) -> str | None:
    """Name the feature that a header means, whatever its unit; None where the schema knows no such header."""
    match = _WITH_UNIT.match(header.strip())
    plain = (match["name"] if match else header.strip()).casefold()
    for name, feature in schema.features.items():
        if plain in {one.casefold() for one in (name, *feature.columns)}:
            return name
    return None


def header_column(header: str, schema: Schema) -> Column | None:
    """Find the feature that a header means.

    Parameters
    ----------
    header : a feature's name or one of its other headers; a unit may follow in brackets, as in "crp [mg/dL]"
    schema : of the table

    Returns
    -------
    None where the schema knows no such header.

    Raises
    ------
    CohortError
        If the header is known and its unit is not.
    """
    name = header_feature(header, schema)
    if name is None:
        return None
    feature, match = schema.features[name], _WITH_UNIT.match(header.strip())
    unit = match["unit"].strip() if match else feature.unit
    if unit == feature.unit:
        return Column(name, feature, unit=unit)
    if unit not in feature.units:
        known = ", ".join(one for one in (feature.unit, *feature.units) if one) or "none"
        raise CohortError(f'column "{header}": {name} is not known in {unit}; its units are {known}')
    factor, *offset = feature.units[unit]
    return Column(name, feature, factor, offset[0] if offset else 0.0, unit)


def cell_value(text: str, column: Column, missing: tuple[str, ...]) -> float:
    """Read a cell.

    Parameters
    ----------
    text : of the cell
    column : what it means
    missing : words for a value that was not measured, beside nothing at all

    Returns
    -------
    A number in the feature's unit; 1 or 0 for yes or no; the place of a category's value; NaN where it is missing.

    Raises
    ------
    CohortError
        If it is none of these, or no person can have it; the message is to be put behind where the cell stands.
    """
    word = text.strip().casefold()
    if not word or word in {one.casefold() for one in missing}:
        return nan
    feature = column.feature
    if feature.kind == "number":
        return _number(text.strip(), column)
    if feature.kind == "yes-no":
        if word in YES or word in NO:
            return float(word in YES)
    else:
        for place, (value, others) in enumerate(feature.values.items()):
            if word in {one.casefold() for one in (value, *others)}:
                return float(place)
    raise CohortError(f'{column.name} = "{text.strip()}"; need {feature.expected}, or nothing where it is not known')


def _number(text: str, column: Column) -> float:
    feature = column.feature
    try:
        given = float(text)
    except ValueError:
        given = nan
    value = column.factor * given + column.offset
    if not isfinite(value) or not feature.low <= value <= feature.high:
        converted = "" if column.unit == feature.unit or not isfinite(value) else f" ({value:.4g} {feature.unit})"
        unit = f" {column.unit}" if column.unit else ""
        raise CohortError(
            f'{column.name} = "{text}"{unit}{converted}; need {feature.expected}: correct the value or its unit, '
            "or leave it empty"
        )
    return value

"""A table in, TOML text out: scalars, lists of scalars and nested tables, in the order given."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["to_toml"]


def to_toml(table: Mapping[str, Any]) -> str:
    """Write a table as TOML that `tomllib` reads back to the same values.

    Parameters
    ----------
    table : text keys; values are bool, int, finite float, str, a list or tuple of these, or a table

    Raises
    ------
    TypeError
        If a value is of another kind.

    Examples
    --------
    >>> print(to_toml({"name": "a", "size": 2, "input": {"std": 1.5}}), end="")
    name = "a"
    size = 2
    <BLANKLINE>
    [input]
    std = 1.5
    """
    return "".join(_lines(table, ())).lstrip("\n")


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    scalars = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = [f"\n[{'.'.join(map(_key, path))}]\n"] if path and (scalars or not tables) else []
    lines += [f"{_key(key)} = {_scalar(value)}\n" for key, value in scalars.items()]
    for key, value in tables.items():
        lines += _lines(value, (*path, key))
    return lines


def _key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if bare else _text(key)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL and for characters past the basic plane, which JSON splits in two.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_scalar, value))}]"
    raise TypeError(f"cannot write {value!r} as TOML")

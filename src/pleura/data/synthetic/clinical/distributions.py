"""`distributions.toml` in; marginals by class and severity, and the correlations between them, out."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["COLUMNS", "Distributions", "Panel", "Value", "distributions"]

Array = npt.NDArray[np.float64]

_QUARTILES = 1.3489795
"""Upper less lower quartile of a standard normal."""
COLUMNS = (
    "case",
    "patient",
    "age_years",
    "sex",
    "temperature_c",
    "heart_rate_per_min",
    "respiratory_rate_per_min",
    "spo2_percent",
    "cough",
    "sputum",
    "dyspnoea",
    "fatigue",
    "diarrhoea",
    "myalgia",
    "wbc_1e9_per_l",
    "neutrophils_1e9_per_l",
    "lymphocytes_1e9_per_l",
    "platelets_1e9_per_l",
    "haemoglobin_g_per_l",
    "crp_mg_per_l",
    "procalcitonin_ng_per_ml",
    "ldh_u_per_l",
    "d_dimer_mg_per_l",
    "alt_u_per_l",
    "ast_u_per_l",
    "creatinine_umol_per_l",
)
"""Columns of `clinical.csv`: a symptom is 1 or 0; the others bear their unit in their name."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One sign or laboratory value: what is normal with it is the value itself, its logarithm, or that of its lack."""

    column: str
    """In `COLUMNS`; empty where it is not written."""
    logarithm: bool
    below: float | None
    """The logarithm is of this number less the value."""
    decimals: int
    low: float
    high: float
    male: float
    """Added for men before the value is made, taken off for women."""
    nodes: dict[str, list[tuple[float, float, float]]]
    """Label -> severity, mean and standard deviation of what is normal, by rising severity, from severity 0."""

    def marginal(self, label: str, level: float) -> tuple[float, float]:
        """Give mean and standard deviation of what is normal; `level` is a severity from 0, not only a whole one."""
        severities, means, spreads = np.array(self.nodes.get(label, self.nodes["healthy"])).T
        return float(np.interp(level, severities, means)), float(np.interp(level, severities, spreads))

    def of_normal(self, x: float) -> float:
        """Make the value of what is normal with it, rounded and within its limits."""
        value = float(np.exp(x)) if self.logarithm else x
        value = self.below - value if self.below is not None else value
        return round(min(max(value, self.low), self.high), self.decimals)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Values that are measured together, and so are missing together."""

    values: tuple[str, ...]
    low: float
    high: float
    """Least and largest share of a hospital's studies without it."""
    never: float
    """Share of the hospitals that never measure it."""


@dataclass(frozen=True, kw_only=True)
class Distributions:
    """All that clinical data are drawn from."""

    values: dict[str, Value]
    symptoms: dict[str, dict[str, list[tuple[float, float]]]]
    """Symptom -> label -> severity and the logarithm of the odds."""
    order: tuple[str, ...]
    """What the rows of `root` stand for, in order: "extent", "age", the values, the symptoms."""
    root: Array
    """Lower triangle whose product with its transpose holds the correlations."""
    panels: dict[str, Panel]


@cache
def distributions() -> Distributions:
    """Read the distributions that come with the package, once."""
    table = tomllib.loads(Path(__file__).with_name("distributions.toml").read_text(encoding="utf-8"))
    values = {name: _value(entry) for name, entry in table["values"].items()}
    symptoms = {name: _with_healthy(_odds(entry["shares"])) for name, entry in table["symptoms"].items()}
    order = ("extent", "age", *values, *symptoms)
    return Distributions(
        values=values,
        symptoms=symptoms,
        order=order,
        root=np.asarray(np.linalg.cholesky(_correlations(table["correlations"]["pairs"], order)), dtype=np.float64),
        panels={name: Panel(**entry | {"values": tuple(entry["values"])}) for name, entry in table["panels"].items()},
    )


def _value(entry: dict[str, Any]) -> Value:
    kind, _, below = entry["kind"].partition(" below ")
    logarithm = kind == "log-normal"
    limit = float(below) if below else None
    nodes: dict[str, list[tuple[float, float, float]]] = {}
    for label, severity, *quartiles, _ in entry["quartiles"]:
        q1, middle, q3 = (_to_normal(q, logarithm, limit) for q in quartiles)
        nodes.setdefault(label, []).append((float(severity), middle, abs(q3 - q1) / _QUARTILES))
    return Value(
        column=entry["column"],
        logarithm=logarithm,
        below=limit,
        decimals=entry["decimals"],
        low=entry["low"],
        high=entry["high"],
        male=entry.get("male", 0.0),
        nodes=_with_healthy(nodes),
    )


def _to_normal(value: float, logarithm: bool, below: float | None) -> float:
    left = value if below is None else below - value
    return log(left) if logarithm else float(left)


def _odds(rows: Sequence[Sequence[Any]]) -> dict[str, list[tuple[float, float]]]:
    nodes: dict[str, list[tuple[float, float]]] = {}
    for label, severity, share, _ in rows:
        nodes.setdefault(label, []).append((float(severity), log(share / (1 - share))))
    return nodes


def _with_healthy(nodes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Let every label begin at severity 0 as the healthy are."""
    healthy = nodes["healthy"]
    return {label: rows if label == "healthy" else [*healthy, *sorted(rows)] for label, rows in nodes.items()}


def _correlations(pairs: Sequence[Sequence[Any]], order: Sequence[str]) -> Array:
    """Correlations of the normals under the given rank correlations, made positive definite where they are not."""
    matrix = np.eye(len(order))
    for first, second, rank, _ in pairs:
        i, j = order.index(first), order.index(second)
        matrix[i, j] = matrix[j, i] = 2.0 * np.sin(np.pi * rank / 6.0)
    values, vectors = np.linalg.eigh(matrix)
    positive = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(positive))
    return np.asarray(positive / np.outer(scale, scale), dtype=np.float64)

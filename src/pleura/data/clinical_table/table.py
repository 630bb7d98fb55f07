"""Clinical values of many cases in known units, with gaps, and who they are of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pleura.data.clinical_table.schema import Schema

__all__ = ["ClinicalTable"]


@dataclass(frozen=True, eq=False)
class ClinicalTable:
    """A table as read."""

    schema: Schema
    cases: tuple[str, ...]
    values: npt.NDArray[np.float64]
    """(cases, features) in the schema's order and units; 1 or 0 for yes or no, the place of a category's value; NaN
    where a value is missing."""
    patients: tuple[str, ...] | None = None
    """(cases,); None where every row is taken for a patient of its own."""
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further columns that were asked for, as text, each (cases,)."""
    dropped: tuple[str, ...] = ()
    """Impossible values that were taken for missing, each with its row; only where that was asked for."""

    def of(self, chosen: npt.ArrayLike) -> "ClinicalTable":
        """Keep some cases; `chosen` is (cases,)."""
        places = np.flatnonzero(np.asarray(chosen, dtype=bool)).tolist()
        return replace(
            self,
            cases=tuple(self.cases[place] for place in places),
            values=self.values[places],
            patients=None if self.patients is None else tuple(self.patients[place] for place in places),
            kept={name: tuple(column[place] for place in places) for name, column in self.kept.items()},
        )

    def only(self, names: Sequence[str]) -> "ClinicalTable":
        """Keep some features, in the schema's order; refusals as in `Schema.only`."""
        schema = self.schema.only(names)
        places = [self.schema.names.index(name) for name in schema.names]
        return replace(self, schema=schema, values=self.values[:, places])

    def missing_shares(self) -> dict[str, float]:
        """Give the share of cases without each feature."""
        shares = np.isnan(self.values).mean(axis=0)
        return {name: float(share) for name, share in zip(self.schema.names, shares, strict=True)}

"""A cohort and what its files hold in, its table 1 out: patients, studies and slices by split and by class."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles

from pleura.data.cohort import COURSES, INTENSITIES, SEXES, SPLITS, Case, Cohort
from pleura.data.inspection import CaseFacts
from pleura.settings import LABELS

__all__ = ["Row", "Table", "describe_cohort"]

_AGES = ((17, "0 to 17"), (39, "18 to 39"), (59, "40 to 59"), (79, "60 to 79"), (130, "80 and over"))
_THICKNESSES = ((1.5, "up to 1.5 mm"), (3.0, "over 1.5 to 3 mm"), (6.0, "over 3 to 6 mm"), (50.0, "over 6 mm"))
_UNKNOWN = "unknown"
Clinical = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    group: str
    """What is counted, such as "sex"."""
    level: str
    """Which, such as "F"; empty where the group has no levels."""
    unit: str
    """"patients", "studies" or "slices" for a count, "years", or "share" for what is missing, 0 to 1."""
    values: tuple[float | None, ...]
    """A number a column of the table; None where there is nothing to take it from."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Table 1 of a cohort."""

    name: str
    synthetic: bool
    columns: tuple[str, ...]
    """"all", then the splits and the classes that have cases."""
    rows: tuple[Row, ...]

    def as_json(self) -> str:
        """Write everything as JSON."""
        return json.dumps(asdict(self), indent=2)

    def as_csv(self) -> str:
        """Write one line a row; counts and shares as plain numbers."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("group", "level", "unit", *self.columns))
        for row in self.rows:
            writer.writerow((row.group, row.level, row.unit, *("" if v is None else f"{v:.6g}" for v in row.values)))
        return out.getvalue()

    def as_markdown(self) -> str:
        """Write the table as in a paper: counts with their percentages of the column."""
        note = "Nothing in this cohort comes from a patient.\n\n" if self.synthetic else ""
        lines = [("", *self.columns), ("---", *("---:" for _ in self.columns)), *self._cells()]
        return f"# {self.name}\n\n{note}" + "".join("| " + " | ".join(line) + " |\n" for line in lines)

    def as_text(self) -> str:
        """Lay the table out in columns for a terminal."""
        lines = [("", *self.columns), *self._cells()]
        widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
        return "".join(
            "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))])
            + "\n"
            for line in lines
        )

    def _cells(self) -> list[tuple[str, ...]]:
        bases = {row.unit: row.values for row in self.rows if row.group == row.unit}
        lines, group = [], ""
        for row in self.rows:
            if row.level and row.group != group:
                unit = f" ({row.unit})" if row.unit in bases else ""
                lines.append((f"{row.group}{unit}", *("" for _ in self.columns)))
            group = row.group
            head = f"  {row.level}" if row.level else row.group
            base = bases.get(row.unit, row.values) if row.level else None
            cells = (_cell(row, n, None if base is None else base[n]) for n in range(len(self.columns)))
            lines.append((head, *cells))
        return lines


def _cell(row: Row, column: int, base: float | None) -> str:
    value = row.values[column]
    if value is None:
        return "-"
    if row.unit == "share":
        return f"{100 * value:.0f} %"
    if row.unit == "years" or not row.level:
        return f"{value:.0f}"
    return f"{value:.0f} ({100 * value / base:.0f} %)" if base else "0"


def describe_cohort(cohort: Cohort, facts: Mapping[str, CaseFacts], clinical: Clinical | None = None) -> Table:
    """Count a cohort.

    What the table of cases leaves empty is taken from the headers, where they say it. A patient counts once in a
    column, with the sex and age of the first study there.

    Parameters
    ----------
    cohort : to be described
    facts : case -> what its headers hold, of `pleura.data.inspection.inspect_cases`
    clinical : case -> cells of its clinical data; None where there are none
    """
    splits = [split for split in SPLITS if cohort.split(split)]
    labels = [label for label in LABELS if any(case.label == label for case in cohort.cases)]
    subsets: dict[str, tuple[Case, ...]] = {"all": cohort.cases}
    subsets |= {split: cohort.split(split) for split in splits}
    subsets |= {label: cohort.of_classes((label,)).cases for label in labels}
    columns = list(subsets.values())
    people = [_first_studies(cases) for cases in columns]

    def by(group: str, of: Callable[[Case], str], levels: Sequence[str], unit: str) -> list[Row]:
        groups = people if unit == "patients" else columns
        named = [[of(case) for case in cases] for cases in groups]
        known = [*levels, *(level for level in sorted(set(named[0])) if level not in levels and level != _UNKNOWN)]
        counts = {level: tuple(float(names.count(level)) for names in named) for level in (*known, _UNKNOWN)}
        return [
            Row(group=group, level=level, unit=unit, values=values) for level, values in counts.items() if any(values)
        ]

    rows = [
        Row(group="patients", level="", unit="patients", values=tuple(float(len(cases)) for cases in people)),
        Row(group="studies", level="", unit="studies", values=tuple(float(len(cases)) for cases in columns)),
        Row(
            group="slices",
            level="",
            unit="slices",
            values=tuple(float(sum(facts[case.case].slices or 0 for case in cases)) for cases in columns),
        ),
        *by("sex", lambda case: case.sex or facts[case.case].sex or _UNKNOWN, SEXES, "patients"),
        *_ages([[_age(case, facts) for case in cases] for cases in people]),
        *by(
            "age group",
            lambda case: _group_of_age(_age(case, facts)),
            [name for _, name in _AGES],
            "patients",
        ),
        *by("class", lambda case: case.label, labels, "studies"),
        *by("severity", lambda case: ("none", "I", "II", "III")[case.severity], ("none", "I", "II", "III"), "studies"),
        *by("hospital", lambda case: case.hospital, (), "studies"),
        *by("scanner", lambda case: case.scanner or facts[case.case].scanner or _UNKNOWN, (), "studies"),
        *by(
            "slice thickness",
            lambda case: _group_of_thickness(case.thickness or facts[case.case].thickness),
            [name for _, name in _THICKNESSES],
            "studies",
        ),
    ]
    if any(case.intensity != "hu" for case in cohort.cases):
        rows += by("intensity", lambda case: case.intensity, INTENSITIES, "studies")
    if any(case.course for case in cohort.cases):
        rows += by("course", lambda case: case.course or "none", (*COURSES, "none"), "studies")
    unread = sum(facts[case.case].slices is None for case in cohort.cases)
    if unread:
        rows += by("unreadable", lambda case: "yes" if facts[case.case].slices is None else "no", ("yes",), "studies")
    if clinical is not None:
        rows += _missing(columns, clinical)
    return Table(name=cohort.name, synthetic=cohort.synthetic, columns=tuple(subsets), rows=tuple(rows))


def _first_studies(cases: Sequence[Case]) -> list[Case]:
    first: dict[str, Case] = {}
    for case in cases:
        first.setdefault(case.patient, case)
    return list(first.values())


def _age(case: Case, facts: Mapping[str, CaseFacts]) -> float | None:
    return case.age if case.age is not None else facts[case.case].age


def _group_of_age(age: float | None) -> str:
    if age is None:
        return _UNKNOWN
    return next(name for last, name in _AGES if age < last + 1)


def _group_of_thickness(thickness: float | None) -> str:
    if thickness is None:
        return _UNKNOWN
    return next((name for upper, name in _THICKNESSES if thickness <= upper), _UNKNOWN)


def _ages(columns: Sequence[Sequence[float | None]]) -> list[Row]:
    """Give median and quartiles of the ages that are known."""
    known = [sorted(age for age in ages if age is not None) for ages in columns]
    if not known[0]:
        return []
    cut = [quantiles(ages, n=4, method="inclusive") if len(ages) > 1 else [*ages] * 3 for ages in known]
    named: dict[str, tuple[float | None, ...]] = {
        "lower quartile": tuple(q[0] if q else None for q in cut),
        "median": tuple(float(median(ages)) if ages else None for ages in known),
        "upper quartile": tuple(q[2] if q else None for q in cut),
    }
    return [Row(group="age", level=level, unit="years", values=values) for level, values in named.items()]


def _missing(columns: Sequence[Sequence[Case]], clinical: Clinical) -> list[Row]:
    """Give the share of studies without each clinical value."""
    names = dict.fromkeys(name for cells in clinical.values() for name in cells)
    return [
        Row(
            group="clinical data missing",
            level=name,
            unit="share",
            values=tuple(
                sum(not clinical.get(case.case, {}).get(name) for case in cases) / len(cases) if cases else None
                for cases in columns
            ),
        )
        for name in names
    ]

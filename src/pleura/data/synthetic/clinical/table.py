"""Planned cases and what was drawn of them in, `clinical.csv` out: one row a study."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pleura.data.synthetic.clinical.distributions import COLUMNS
from pleura.data.synthetic.clinical.draw import columns_of, draw_clinical, extent_score, missing_values
from pleura.data.synthetic.courses import TEMPO, draw_course
from pleura.data.synthetic.plan import PlannedCase

__all__ = ["clinical_row", "write_clinical"]

_LEAD = 2.0
"""Days of COVID-19 by which the patient's state leads what the CT shows; a guess."""


def write_clinical(
    path: Path, plan: list[PlannedCase], notes: Mapping[str, Mapping[str, Any]], cohort_seed: int
) -> None:
    """Write the table.

    Parameters
    ----------
    path : of the table
    plan : every case, in the order of the rows
    notes : case -> "sex", "age" and "burden" of what was drawn
    cohort_seed : draws the hospitals' habits
    """
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for case in plan:
            note = notes[case.case]
            writer.writerow(
                clinical_row(case, age=note["age"], sex=note["sex"], burden=note["burden"], cohort_seed=cohort_seed)
            )


def clinical_row(
    case: PlannedCase, *, age: int, sex: str, burden: float, cohort_seed: int
) -> dict[str, str | int | float]:
    """Draw the clinical data of one planned case; the same arguments give the same row.

    Parameters
    ----------
    case : the study
    age : years
    sex : "F" or "M"
    burden : share of the lungs with disease, from the masks
    cohort_seed : draws the hospital's habits

    Returns
    -------
    Column of `pleura.data.synthetic.clinical.distributions.COLUMNS` -> value; what was not measured is not in it.
    """
    level, score, day = 0.0, None, 0
    if case.label in TEMPO:
        level = float(case.severity)
        extent = 1.0
        if case.stage is not None:
            course = draw_course(case.seed, case.label, case.severity)
            day, extent = case.stage.day, case.stage.extent
            level = min(3.0, case.severity * course.extent(day + _LEAD * TEMPO[case.label]))
        score = extent_score(burden, case.severity, extent)
    drawn = draw_clinical(seed=case.seed, label=case.label, level=level, score=score, age=age, sex=sex, day=day)
    missing = missing_values(cohort_seed=cohort_seed, hospital=case.hospital, seed=case.seed, level=level, day=day)
    row: dict[str, str | int | float] = {"case": case.case, "patient": case.patient, "age_years": age, "sex": sex}
    return row | {name: f"{value:g}" for name, value in columns_of(drawn, missing).items()}

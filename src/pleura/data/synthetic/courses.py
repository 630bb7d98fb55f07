"""A seed, a disease and a number of studies in, one disease course and the stage of each study out.

The shape of peak and recovery follows Pan et al. (2020): most lung is involved about day 10, a third of that in the
first four days, and it clears from day 14 on; thickened septa belong to the progressive and the peak stage, bands to
the clearing one. That a disease can also relapse, stay, or go on growing, less often, is what the authors of CoviDet
(2022) saw in their series. All other numbers, how often each course is met, and how much slower or faster the other
diseases go are guesses.

References
----------
Pan F, Ye T, Sun P, et al. (2020). Time course of lung changes at chest CT during recovery from coronavirus disease 2019
(COVID-19). Radiology 295, 715-721. doi 10.1148/radiol.2020200370.
Zhou Y, Zheng Y, Yang Q, et al. (2020). Cohort study of chest CT and clinical changes in 29 patients with coronavirus
disease 2019 (COVID-19). European Radiology 30, 6213-6220. doi 10.1007/s00330-020-07007-0: first CT 3 days +- 2 after
the first symptoms, then every 5 days +- 2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from pleura.data.cohort import COURSES
from pleura.data.synthetic.findings.stage import LARGEST_EXTENT, Stage
from pleura.data.synthetic.streams import stream
from pleura.errors import CohortError

__all__ = ["TEMPO", "Course", "draw_course", "study_days"]

TEMPO = {"covid-19": 1.0, "other-viral": 0.8, "bacterial": 0.7, "tuberculosis": 5.0}
"""Days of each disease to a day of COVID-19; guesses. Healthy people and nodules have no course."""
_OFTEN = {"peak-recovery": 0.46, "relapse": 0.18, "plateau": 0.18, "deterioration": 0.18}
_CONSOLIDATED = {
    "covid-19": (0.06, 0.09),
    "other-viral": (0.05, 0.09),
    "bacterial": (0.70, 0.04),
    "tuberculosis": (0.40, 0.05),
}
"""Share of the diseased lung that is consolidated at the peak: at severity 0, and more a grade."""
_SPAN = 24.0
"""Days of COVID-19 that a short series covers, so that a relapse can be seen in it."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one patient's disease goes on."""

    name: str
    """One of `pleura.data.cohort.COURSES`."""
    knots: tuple[tuple[float, float], ...]
    """Day and extent, in order; between them the extent runs without overshoot, after the last it stays."""
    peak: float
    """Day of the first peak; of a deterioration, the day on which others would have peaked."""
    consolidated: float
    """Share of the diseased lung that is consolidated at the peak."""
    paving: float
    """How far thickened septa show at the peak, 0 to 1."""
    banded: float
    """How far bands show once all has cleared, 0 to 1."""

    @cached_property
    def _curve(self) -> PchipInterpolator:
        days, extents = zip(*self.knots, strict=True)
        return PchipInterpolator(days, extents)

    def extent(self, day: float) -> float:
        """Give the share of the lungs with disease on a day, as a multiple of the patient's usual burden."""
        inside = min(max(day, self.knots[0][0]), self.knots[-1][0])
        return float(np.clip(self._curve(inside), 0.0, LARGEST_EXTENT))

    def stage(self, day: int) -> Stage:
        """Give the state of the disease on a day from the first symptom, 0 or later."""
        extent, before = self.extent(day), min(day / self.peak, 1.0)
        left = 1.0 if day <= self.peak else min(extent / self.extent(self.peak), 1.0)
        return Stage(
            day=day,
            extent=round(extent, 4),
            consolidation=round(self.consolidated * (0.3 + 0.7 * before) * left**0.7, 4),
            crazy_paving=round(self.paving * (0.2 + 0.8 * before) * max(0.0, (left - 0.4) / 0.6), 4),
            bands=round(self.banded * (1.0 - left), 4),
        )


def draw_course(seed: int, label: str, severity: int) -> Course:
    """Draw how a patient's disease goes on; the same arguments give the same course.

    Parameters
    ----------
    seed : the patient's
    label : a disease in `TEMPO`
    severity : 1 to 3

    Raises
    ------
    CohortError
        If the label is no disease with a course.
    """
    if label not in TEMPO:
        raise CohortError(f"{label} has no course; diseases with one are {', '.join(TEMPO)}")
    g = stream(seed, "course")
    name = str(g.choice(COURSES, p=[_OFTEN[course] for course in COURSES]))
    start, peak = float(g.uniform(0.12, 0.25)), float(np.clip(g.normal(10, 1.2), 7.5, 13))
    a, b, c = (float(value) for value in g.uniform(-1, 1, 3))
    after: dict[str, list[tuple[float, float]]] = {
        "peak-recovery": [(8, 0.55 + 0.1 * a), (18, 0.2 + 0.1 * b), (35, 0.06 + 0.05 * c)],
        "relapse": [(6, 0.45 + 0.08 * a), (12, 1.0 + 0.15 * b), (23, 0.4 + 0.1 * c), (40, 0.1)],
        "plateau": [(8, 0.97 + 0.03 * a), (18, 0.9 + 0.05 * b), (40, 0.6 + 0.1 * c)],
        "deterioration": [(6, 1.15 + 0.04 * a), (13, 1.35 + 0.06 * b), (25, 1.40 + 0.06 * b + 0.03 * c)],
    }
    if name == "relapse":
        peak = 0.8 * peak
    top = 0.9 if name == "deterioration" else 1.0
    knots = [(0.0, start), (0.4 * peak, 0.42 * top), (peak, top), *((peak + day, value) for day, value in after[name])]
    low, more = _CONSOLIDATED[label]
    tempo = TEMPO[label]
    return Course(
        name=name,
        knots=tuple((tempo * day, value) for day, value in knots),
        peak=tempo * peak,
        consolidated=float(np.clip(low + more * severity + g.normal(0, 0.04), 0.03, 0.9)),
        paving=float(np.clip(g.beta(2.0, 2.0), 0.1, 0.9)),
        banded=float(g.uniform(0.2, 0.9)),
    )


def study_days(seed: int, label: str, studies: int) -> tuple[int, ...]:
    """Draw the days from the first symptom on which a patient is scanned, in order.

    Parameters
    ----------
    seed : the patient's
    label : a disease in `TEMPO`
    studies : how many, from 1
    """
    g = stream(seed, "study-days")
    tempo = TEMPO[label]
    gap = max(_SPAN / max(studies - 1, 1), 3.0)
    first = float(np.clip(g.normal(3, 1.5), 0, 6))
    wanted = [tempo * (first + gap * (n + 0.2 * float(g.uniform(-1, 1)) * (n > 0))) for n in range(studies)]
    days: list[int] = []
    for day in wanted:
        days.append(max(round(day), days[-1] + 1 if days else 0))
    return tuple(days)

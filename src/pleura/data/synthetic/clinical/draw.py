"""One study of a synthetic patient in; its signs, symptoms and laboratory values, with gaps, out.

A Gaussian copula: what is normal with every value is drawn at once, given the extent of the disease on the CT and the
patient's age, and then turned into the value by its own distribution. Much of the draw is the patient's and stays from
one study to the next.
"""

from math import erf, log, sqrt
from zlib import crc32

import numpy as np

from pleura.data.synthetic.clinical.distributions import COLUMNS, distributions
from pleura.data.synthetic.streams import stream

__all__ = ["columns_of", "draw_clinical", "extent_score", "missing_values"]

_OF_PATIENT = 0.6
"""Share of the variance within a class and severity that is the patient's, not the day's; a guess."""
_MEAN_AGE, _AGES = 57.0, 17.0
_BURDEN = ((0.029, 0.42), (0.115, 0.42), (0.37, 0.30))
"""Share of the lungs with disease by severity, as the findings draw it: median, and spread of its logarithm."""


def extent_score(burden: float, severity: int, extent: float) -> float:
    """Say how large a disease is among those of its severity, as a standard normal, from -2.5 to 2.5.

    Parameters
    ----------
    burden : share of the lungs with disease, from the masks
    severity : 1 to 3
    extent : of the stage of its course; 1 without a course

    Examples
    --------
    >>> extent_score(0.115, severity=2, extent=1.0)
    0.0
    """
    if burden <= 0 or extent <= 0:
        return 0.0
    median, spread = _BURDEN[severity - 1]
    return float(np.clip(log(burden / (median * extent)) / spread, -2.5, 2.5))


def draw_clinical(
    *, seed: int, label: str, level: float, score: float | None, age: float, sex: str, day: int
) -> dict[str, float]:
    """Draw the clinical data of one study, whole; the same arguments give the same numbers.

    Parameters
    ----------
    seed : the patient's
    label : one of `pleura.settings.LABELS`
    level : clinical severity on the day, from 0, as the healthy, to 3
    score : how large the disease is among its like, of `extent_score`; None draws it
    age : years
    sex : "F" or "M"
    day : days from the first symptom; 0 without a course

    Returns
    -------
    Value or symptom -> number; a symptom is 1 or 0, the white cells are the sum of their parts.
    """
    d = distributions()
    whole, daily = stream(seed, "clinical"), stream(seed, f"clinical-{day}")
    n = len(d.order)
    own = sqrt(_OF_PATIENT) * whole.normal(size=n) + sqrt(1 - _OF_PATIENT) * daily.normal(size=n)
    if score is not None:
        own[0] = score
    wanted_age = float(np.clip((age - _MEAN_AGE) / _AGES, -2.5, 2.5))
    own[1] = (wanted_age - d.root[1, 0] * own[0]) / d.root[1, 1]
    normal = dict(zip(d.order, d.root @ own, strict=True))
    drawn: dict[str, float] = {}
    for name, value in d.values.items():
        mean, spread = value.marginal(label, level)
        drawn[name] = value.of_normal(mean + spread * normal[name] + (value.male if sex == "M" else -value.male))
    for name, nodes in d.symptoms.items():
        severities, odds = np.array(nodes.get(label, nodes["healthy"])).T
        share = 1.0 / (1.0 + np.exp(-np.interp(level, severities, odds)))
        drawn[name] = int(0.5 * (1.0 + erf(normal[name] / sqrt(2.0))) > 1.0 - share)
    leucocytes = drawn["neutrophils"] + drawn["lymphocytes"] + drawn.pop("other_leucocytes")
    return drawn | {"wbc": round(leucocytes, 2)}


def missing_values(*, cohort_seed: int, hospital: str, seed: int, level: float, day: int) -> set[str]:
    """Draw which values of one study were not measured, by the hospital's habits and the patient's state.

    Parameters
    ----------
    cohort_seed : with the hospital's name draws its habits
    hospital : its name
    seed, level, day : as in `draw_clinical`
    """
    habits = stream(cohort_seed ^ crc32(hospital.encode()), "habits")
    gaps = stream(seed, f"missing-{day}")
    missing: set[str] = set()
    for panel in distributions().panels.values():
        never, share = habits.random() < panel.never, habits.uniform(panel.low, panel.high)
        odds = share / (1 - share) * (2.0 if level == 0 else 0.75 ** (level - 1))
        if gaps.random() < odds / (1 + odds) or never:
            missing.update(panel.values)
    return missing


def columns_of(drawn: dict[str, float], missing: set[str]) -> dict[str, float]:
    """Name what was measured as `COLUMNS` does."""
    names = {name: value.column for name, value in distributions().values.items()}
    named = {names.get(name) or name: value for name, value in drawn.items() if name not in missing}
    if "wbc" in named:
        named["wbc_1e9_per_l"] = named.pop("wbc")
    return {name: value for name, value in named.items() if name in COLUMNS}

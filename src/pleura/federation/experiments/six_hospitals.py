"""A number of patients in; six synthetic hospitals that differ in size, scanner and mix of patients out.

The CoviDet paper prints how good its federated models are, and not of how many hospitals with which patients. These six
are made up, to be as unlike each other as hospitals that train together may be: the largest has seven times the
patients of the smallest, each has a mix of its own, and one sees no viral pneumonia at all. Labels are those of the
paper's board; it has no bacterial pneumonia.
"""

from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.errors import CohortError

__all__ = ["FEWEST_CASES", "six_hospitals"]

FEWEST_CASES = 60
"""Patients in all, below which the small hospitals have too few to train on and be judged on."""
_LABELS = ("healthy", "covid-19", "other-viral", "tuberculosis", "nodule")
_HOSPITALS: dict[str, tuple[int, str, tuple[int, ...]]] = {
    "university": (14, "GE Discovery CT750 HD", (3, 4, 3, 1, 2)),
    "infectious": (11, "Siemens SOMATOM Definition AS+", (1, 5, 4, 2, 0)),
    "general": (8, "GE LightSpeed16", (3, 2, 3, 0, 2)),
    "chest": (6, "Philips Brilliance 16", (1, 1, 1, 3, 3)),
    "county": (4, "GE LightSpeed16", (3, 2, 2, 0, 1)),
    "screening": (2, "Siemens SOMATOM Definition AS+", (4, 0, 0, 1, 5)),
}
"""Share of the patients, scanner, and how many of each round of patients bear each of `_LABELS`."""
_SHARES = sum(share for share, _, _ in _HOSPITALS.values())


def six_hospitals(cases: int) -> tuple[SyntheticHospital, ...]:
    """Give the six hospitals, with so many patients in all, but for rounding; the largest comes first.

    Raises
    ------
    CohortError
        If there are fewer than 60 patients.
    """
    if cases < FEWEST_CASES:
        raise CohortError(f"need {FEWEST_CASES} cases or more for six hospitals of very different size, got {cases}")
    return tuple(
        SyntheticHospital(
            name=name,
            patients=round(cases * share / _SHARES),
            scanner=scanner,
            classes={label: count for label, count in zip(_LABELS, mix, strict=True) if count},
        )
        for name, (share, scanner, mix) in _HOSPITALS.items()
    )

"""A number of patients in; synthetic hospitals after the sites of the UCADI paper out.

The paper prints studies by hospital, studies by class, and the test cases by hospital and class; of these the mix of
classes at each hospital is worked out here. The two smaller hospitals lack other viral pneumonia, as the paper says
where it compares them (its one such test case at the Sino-French hospital is left out).

References
----------
Xu et al. (2020), A collaborative online AI engine for CT-based COVID-19 diagnosis, medRxiv 2020.05.10.20096073:
results, "Building AI model using pooled data", and the methods' section of the same name.
"""

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.errors import CohortError
from pleura.settings import CLASSES

__all__ = ["NEWCOMER", "mix_of_sites", "newcomer", "three_hospitals"]

NEWCOMER = "union"
"""The fourth hospital, after Wuhan Union."""
_STUDIES = {"main": 800, "valley": 227, "city": 241}
"""Main Campus, Optical Valley, Sino-French New City; the sum is 1268, the paper's total 1276."""
_OF_CLASS = (418, 432, 76, 350)
"""Patients by class, in the order of CLASSES; the sum is 1276."""
_TESTED = ((58, 28, 19, 50), (12, 20, 0, 2), (10, 30, 0, 8))
"""Test cases by hospital and class."""
_SCANNERS = ("GE LightSpeed16", "GE Discovery CT750 HD", "Siemens SOMATOM Definition AS+")
"""The paper names three scanners, and not whose they are."""
_NEWCOMER_STUDIES = 507
"""All of COVID-19: 407 to train, 100 to test."""
_STEPS = 200
"""Of the proportional fitting; it changes nothing beyond the tenth digit long before."""


def mix_of_sites() -> npt.NDArray[np.float64]:
    """Fit patients by hospital and class to both margins that the paper prints, beginning with its test cases.

    Returns
    -------
    (hospitals, classes), the paper's studies, no whole numbers; each row has the hospital's sum. Where there is no
    test case there is no patient.

    References
    ----------
    W. E. Deming, F. F. Stephan, On a least squares adjustment of a sampled frequency table when the expected marginal
    totals are known, Ann. Math. Stat. 11 (1940) 427-444.
    """
    table = np.array(_TESTED, dtype=np.float64)
    rows = np.array(list(_STUDIES.values()), dtype=np.float64)
    columns = np.array(_OF_CLASS, dtype=np.float64)
    columns *= rows.sum() / columns.sum()
    for _ in range(_STEPS):
        table *= columns / table.sum(axis=0)
        table *= (rows / table.sum(axis=1))[:, None]
    return table


def three_hospitals(cases: int) -> tuple[SyntheticHospital, ...]:
    """Give the three hospitals of experiment I, with so many patients in all, but for rounding.

    Every class that a hospital has in the paper it has here, with three patients or more: fewer could not be in all
    splits.

    Raises
    ------
    CohortError
        If there are fewer than 40 patients.
    """
    if cases < 40:
        raise CohortError(f"need 40 cases or more for three hospitals with the paper's mix, got {cases}")
    table = mix_of_sites()
    counts = np.where(table > 0, np.maximum(np.rint(table * cases / table.sum()), 3), 0).astype(int)
    return tuple(
        SyntheticHospital(
            name=name,
            patients=int(row.sum()),
            scanner=scanner,
            classes={label: count for label, count in zip(CLASSES, row.tolist(), strict=True) if count},
        )
        for name, scanner, row in zip(_STUDIES, _SCANNERS, counts, strict=True)
    )


def newcomer(cases: int, *, only: str = "") -> SyntheticHospital:
    """Give the fourth hospital, in proportion to `cases` of the first three, with a scanner that they do not have.

    Parameters
    ----------
    cases : patients of the three
    only : a class that all its patients have, as all of the paper's have COVID-19; every class alike where empty
    """
    patients = max(8, round(cases * _NEWCOMER_STUDIES / sum(_STUDIES.values())))
    classes = {only: 1} if only else dict.fromkeys(CLASSES, 1)
    return SyntheticHospital(name=NEWCOMER, patients=patients, scanner="Philips Brilliance 16", classes=classes)

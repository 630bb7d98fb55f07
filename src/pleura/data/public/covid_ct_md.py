"""A folder of COVID-CT-MD in, its scans out: DICOM slices in folders by class and by subject.

Documented: three folders, `COVID-19 subjects`, `CAP subjects` and `Normal subjects` (readers of the data found
`COVID-19 Cases` and `Cap subjects` as well), in each a folder a subject with its slices, whose order is that of their
Slice Location and not of their names. Sex and age are in the DICOM headers.

References
----------
Afshar et al. (2021), Scientific Data 8, 121, doi 10.1038/s41597-021-00900-3.
github.com/ShahinSHH/COVID-CT-MD, README of 8 September 2021 and later: folders and labels.
Gunraj et al., github.com/haydengunraj/COVIDNet-CT, commit 44ceb60: the folders' other names.
"""

import re
from pathlib import Path

from pleura.data.public.found import FoundScan, Layout, LeftOut, Survey, children
from pleura.errors import CohortError

__all__ = ["COVID_CT_MD"]

CLASSES = {"covid-19": "COVID-19", "cap": "CAP", "normal": "Normal"}
_FOLDER = re.compile(r"(covid-19|cap|normal)( +(subjects|cases))?", flags=re.IGNORECASE)


def _survey(folder: Path) -> Survey:
    named = [(path, _FOLDER.fullmatch(path.name.strip())) for path in children(folder, folders=True)]
    roots = [(path, match) for path, match in named if match]
    if not roots:
        raise CohortError(
            f"{folder} has no folder like COVID-19 subjects, CAP subjects or Normal subjects; give the folder that "
            "COVID-CT-MD was unpacked in"
        )
    scans: list[FoundScan] = []
    left_out: list[LeftOut] = []
    for root, match in roots:
        for subject in children(root, folders=True):
            name = f"{root.name}/{subject.name}"
            if not children(subject, folders=False):
                left_out.append(LeftOut(name, "no file in it"))
                continue
            scans.append(
                FoundScan(
                    name=name,
                    patient=subject.name.strip(),
                    source_class=CLASSES[match.group(1).lower()],
                    form="dicom",
                    study=subject,
                )
            )
    return Survey(scans=tuple(scans), left_out=tuple(left_out))


COVID_CT_MD = Layout(
    name="covid-ct-md",
    title="COVID-CT-MD",
    survey=_survey,
    labels={"COVID-19": "covid-19", "CAP": None, "Normal": "healthy"},
    unsaid={"CAP": "the cause of the community acquired pneumonias is not said"},
    remarks=("COVID-19 is of spring 2020, the other classes are of other years: a model may learn the years apart",),
    licence="not confirmed here; the Figshare record states it",
    citation="Afshar et al., Scientific Data 8 (2021) 121, doi 10.1038/s41597-021-00900-3",
    address="https://github.com/ShahinSHH/COVID-CT-MD",
)

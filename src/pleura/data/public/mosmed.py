"""A folder of MosMedData (COVID19_1110) in, its scans out: NIfTI in folders CT-0 to CT-4, masks for some of CT-1.

Documented: `studies/CT-0` to `studies/CT-4` with `study_0001.nii.gz` to `study_1110.nii.gz`, `masks` with
`study_0255_mask.nii.gz` and 49 more, and a spreadsheet `dataset_registry.xlsx` of studies and masks. No
patient is named but by the study, so each study counts as a patient's only one. The masks mark ground glass and
consolidation with one number.

References
----------
Morozov et al. (2020), medRxiv, doi 10.1101/2020.05.20.20100362: what the data are, and their licence.
mosmed.ai/en/datasets/covid191110: scans by category, 254, 684, 125, 45 and 2.
"""

import re
from pathlib import Path

from pleura.data.public.found import FoundScan, Layout, LeftOut, Survey, children
from pleura.errors import CohortError
from pleura.imaging.nifti_read import is_nifti_name

__all__ = ["MOSMED"]

CATEGORIES = {"CT-0": 0, "CT-1": 1, "CT-2": 2, "CT-3": 3, "CT-4": 3}
"""Category by the share of the lungs that is diseased -> severity; the two worst are both 3."""


def _survey(folder: Path) -> Survey:
    root = folder / "studies" if (folder / "studies").is_dir() else folder
    there = [name for name in CATEGORIES if (root / name).is_dir()]
    if not there:
        raise CohortError(f"{folder} has no folder studies/CT-0 to CT-4; give the folder COVID19_1110 of MosMedData")
    masks = {}
    if (folder / "masks").is_dir():
        masks = {_stem(path): path for path in children(folder / "masks", folders=False) if is_nifti_name(path.name)}
    scans: list[FoundScan] = []
    left_out: list[LeftOut] = []
    for category in there:
        for path in children(root / category, folders=False):
            name, stem = f"{category}/{path.name}", _stem(path)
            if not is_nifti_name(path.name):
                left_out.append(LeftOut(name, "no NIfTI file"))
                continue
            scans.append(
                FoundScan(
                    name=name,
                    patient=stem,
                    source_class=category,
                    form="nifti",
                    study=path,
                    severity=CATEGORIES[category],
                    lesions=masks.pop(f"{stem}_mask", None),
                    more={"category": category},
                )
            )
    left_out += [LeftOut(f"masks/{path.name}", "a mask of no study") for path in masks.values()]
    return Survey(scans=tuple(scans), left_out=tuple(left_out))


def _stem(path: Path) -> str:
    return re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)


MOSMED = Layout(
    name="mosmed",
    title="MosMedData",
    survey=_survey,
    labels={"CT-0": "healthy", **{name: "covid-19" for name in CATEGORIES if name != "CT-0"}},
    remarks=(
        "CT-1 to CT-4 are signs of viral pneumonia read as COVID-19 in Moscow in spring 2020, not by a test of each "
        "patient; CT-0 is a lung without such signs in somebody who was suspected to have it",
        "severity is the category, CT-3 and CT-4 both being 3; its marks are not those of other cohorts",
        "lesion masks do not tell ground glass from consolidation: everything is marked as ground glass",
    ),
    licence="CC BY-NC-ND 3.0",
    citation="Morozov et al., medRxiv (2020), doi 10.1101/2020.05.20.20100362",
    address="https://mosmed.ai/datasets/covid19_1110",
)

"""A folder of COVID-19-CT-Seg in, its scans out: 20 NIfTI volumes with masks of lungs and infection.

Documented: `COVID-19-CT-Seg_20cases` with ten volumes `coronacases_*` in HU and ten `radiopaedia_*` that were laid on
the lung window from -1250 to 250 and then on 0 to 255; `Lung_Mask` and `Infection_Mask` with files of the same names,
`Lung_and_Infection_Mask` with both in one. Each may lie as `NAME.nii.gz`, or unpacked as a folder `NAME.nii` that holds
a file, which a published copy has.

References
----------
Ma et al. (2021), Medical Physics, doi 10.1002/mp.14676.
zenodo.org/records/3757476: the files; gitee.com/junma11/COVID-19-CT-Seg-Benchmark: the window.
"""

import re
from pathlib import Path

from pleura.data.public.found import FoundScan, Layout, LeftOut, Survey, children
from pleura.errors import CohortError
from pleura.imaging.grey_levels import Window
from pleura.imaging.nifti_read import is_nifti_name

__all__ = ["COVID_19_CT_SEG"]

_IMAGES = ("COVID-19-CT-Seg_20cases", "ct_scans")
_LUNGS = ("Lung_Mask", "lung_mask")
_LESIONS = ("Infection_Mask", "infection_mask")
"""The first is the name at Zenodo, the second that of a copy."""


def _survey(folder: Path) -> Survey:
    root = next((folder / name for name in _IMAGES if (folder / name).is_dir()), None)
    if root is None:
        raise CohortError(f"{folder} has no folder {_IMAGES[0]}; give the folder that COVID-19-CT-Seg was unpacked in")
    lungs, lesions = _volumes(folder, _LUNGS), _volumes(folder, _LESIONS)
    scans: list[FoundScan] = []
    left_out = [LeftOut(f"{root.name}/{path.name}", "no NIfTI file in it") for path in _strangers(root)]
    for name, path in _volumes(folder, (root.name,)).items():
        grey = name.startswith("radiopaedia")
        if not grey and not name.startswith("coronacases"):
            left_out.append(LeftOut(f"{root.name}/{path.name}", "of neither coronacases nor radiopaedia: HU or not?"))
            continue
        scans.append(
            FoundScan(
                name=name,
                patient=name,
                source_class="COVID-19",
                form="nifti",
                study=path,
                intensity="8-bit" if grey else "hu",
                lungs=lungs.pop(name, None),
                lesions=lesions.pop(name, None),
            )
        )
    unused = [path for masks in (lungs, lesions) for path in masks.values()]
    left_out += [LeftOut(str(path.relative_to(folder)), "a mask of no scan") for path in unused]
    return Survey(scans=tuple(scans), left_out=tuple(left_out))


def _volumes(folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """Name of a case -> its NIfTI file, in the first of the folders that is there."""
    root = next((folder / name for name in names if (folder / name).is_dir()), None)
    if root is None:
        return {}
    files = [path for path in children(root, folders=False) if is_nifti_name(path.name)]
    for inner in children(root, folders=True):
        files += [path for path in children(inner, folders=False) if is_nifti_name(path.name)][:1]
    return {_case(path): path for path in files}


def _strangers(root: Path) -> list[Path]:
    """Files and folders that hold no NIfTI."""
    files = [path for path in children(root, folders=False) if not is_nifti_name(path.name)]
    empty = [
        inner
        for inner in children(root, folders=True)
        if not any(is_nifti_name(path.name) for path in children(inner, folders=False))
    ]
    return files + empty


def _case(path: Path) -> str:
    """Name of the case that a file of images or a mask is of; the images of one copy have "org" in them."""
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    return re.sub(r"_org(?=_)", "", stem)


COVID_19_CT_SEG = Layout(
    name="covid-19-ct-seg",
    title="COVID-19-CT-Seg",
    survey=_survey,
    labels={"COVID-19": "covid-19"},
    window=Window(-1250, 250),
    remarks=(
        "ten of the volumes are of 8 bits, laid on -1250 to 250 HU by the source",
        "lesion masks do not tell ground glass from consolidation: everything is marked as ground glass",
        "the lungs are called right and left by where their masks lie, not by their numbers",
    ),
    licence="CC BY 4.0 as reported of its Zenodo record; a public copy says non-commercial: read both",
    citation="Ma et al., Medical Physics (2021), doi 10.1002/mp.14676",
    address="https://zenodo.org/records/3757476",
)

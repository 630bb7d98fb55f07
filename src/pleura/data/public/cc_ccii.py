"""A folder of CC-CCII, or of its cleaned variant, in; its scans out: pictures in class/patient/scan folders.

The layout is documented by the download page of the China National Center for Bioinformation and by those who read it:
folders `NCP`, `CP` and `Normal`, in each a folder a patient, in each a folder a scan, in each the slices as pictures
of 8 bits with numbered names; beside them `unzip_filenames.csv` with the columns zip_file, label, patient_id, scan_id
and n_slice. Neither page says which window the pictures show, how large a pixel is, how far apart the slices lie, or at
which end of the chest the numbers begin.

References
----------
Zhang et al. (2020), Cell 181, 1423-1433, doi 10.1016/j.cell.2020.04.045.
He et al. (2020), medRxiv, doi 10.1101/2020.06.08.20125963: the cleaned variant, with errors found in the original.
Gunraj et al., github.com/haydengunraj/COVIDNet-CT, commit 44ceb60: columns, and scans that are not what they claim.
"""

from pathlib import Path

from pleura.data.public.found import FoundScan, Layout, LeftOut, Survey, children, in_order, read_table, slice_number
from pleura.errors import CohortError
from pleura.imaging.slice_images import is_picture_name

__all__ = ["CC_CCII"]

CLASSES = ("NCP", "CP", "Normal")
_NOT_CHESTS = frozenset(
    {
        ("NCP", "328", "1805"),
        ("CP", "1781", "3567"),
        ("CP", "1769", "3516"),
        ("NCP", "1058", "2635"),
        ("NCP", "868", "2395"),
        ("NCP", "868", "2396"),
        ("NCP", "869", "2397"),
        ("NCP", "911", "2453"),
    }
)
"""Scans that the makers of COVIDx CT took out of it again as included by mistake."""


def _survey(folder: Path) -> Survey:
    roots = {name: folder / name for name in CLASSES if (folder / name).is_dir()}
    if not roots:
        raise CohortError(f"{folder} has no folder {', '.join(CLASSES)}; give the folder that CC-CCII was unpacked in")
    counts = _slice_counts(folder)
    scans: list[FoundScan] = []
    left_out: list[LeftOut] = []
    for source_class, root in roots.items():
        for patient in children(root, folders=True):
            found = [_look(source_class, patient.name, scan, counts) for scan in children(patient, folders=True)]
            if not found:
                left_out.append(LeftOut(f"{source_class}/{patient.name}", "no folder of a scan in it"))
            scans += [one for one in found if isinstance(one, FoundScan)]
            left_out += [one for one in found if isinstance(one, LeftOut)]
    return Survey(scans=tuple(scans), left_out=tuple(left_out))


def _slice_counts(folder: Path) -> dict[tuple[str, str, str], int]:
    """Slices that each scan was published with; empty without the table."""
    path = folder / "unzip_filenames.csv"
    if not path.is_file():
        return {}
    rows = read_table(path, ("label", "patient_id", "scan_id", "n_slice"))
    return {
        (row["label"], row["patient_id"], row["scan_id"]): int(row["n_slice"])
        for row in rows
        if row["n_slice"].isdecimal()
    }


def _look(source_class: str, patient: str, scan: Path, counts: dict[tuple[str, str, str], int]) -> FoundScan | LeftOut:
    """Say what one scan's folder holds, or why it cannot be used."""
    name = f"{source_class}/{patient}/{scan.name}"
    if (source_class, patient, scan.name) in _NOT_CHESTS:
        return LeftOut(name, "the makers of COVIDx CT found it to be published by mistake")
    pictures = in_order(path for path in children(scan, folders=False) if is_picture_name(path.name))
    if not pictures:
        return LeftOut(name, "no picture in it")
    numbers = [slice_number(path) for path in pictures]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return LeftOut(name, f"{len(numbers) - len(known)} pictures without a number in their names, so without order")
    if len(set(known)) < len(known):
        return LeftOut(name, f"{len(known) - len(set(known))} slice numbers stand on more than one picture")
    published = counts.get((source_class, patient, scan.name))
    if published is not None and published != len(pictures):
        return LeftOut(name, f"{len(pictures)} pictures, where it was published with {published}")
    pictures = [path for _, path in sorted(zip(known, pictures, strict=True))]
    return FoundScan(
        name=name,
        patient=patient.strip(),
        source_class=source_class,
        form="pictures",
        study=scan,
        pictures=tuple(pictures),
        gaps=max(known) - min(known) + 1 - len(known),
        intensity="8-bit",
    )


CC_CCII = Layout(
    name="cc-ccii",
    title="CC-CCII",
    survey=_survey,
    labels={"NCP": "covid-19", "CP": None, "Normal": "healthy"},
    unsaid={"CP": "common pneumonia is viral, bacterial or of mycoplasma, and the source does not say which"},
    remarks=(
        "pictures of 8 bits: the window, the size and the order of the slices are those that were given at the import",
    ),
    licence="not confirmed here; the download page states it",
    citation="Zhang et al., Cell 181 (2020) 1423-1433, doi 10.1016/j.cell.2020.04.045",
    address="http://ncov-ai.big.ac.cn/download",
)

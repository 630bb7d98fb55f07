"""Seven COVID-19 patients published as pictures of 256 grey levels, read into a cohort; and what is known of each."""

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pleura.imaging.grey_levels import Window, describe_levels, from_levels
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.slice_images import read_slice_images

__all__ = ["DATA", "WINDOW", "Patient", "data_hash", "read_patients", "write_cohort"]

DATA = Path(os.environ.get("PLEURA_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PICTURES = DATA / "lesions" / "covid19-ct-seg-2d"
WINDOW = Window(-1250, 250)
"""The intensity model that is declared: level 0 is taken for -1250 HU, 255 for 250. What the publishers took is not
known, and local contrast was raised, so no window is right."""
PIXEL_MM, SLICE_MM = 1.4, 5.0
"""Stand-ins: neither is published with the pictures. So far apart, every slice is shown to the network."""


@dataclass(frozen=True, eq=False)
class Patient:
    """One patient's slices, (slices, rows, columns)."""

    name: str
    levels: npt.NDArray[np.uint8]
    lungs: npt.NDArray[np.bool_]
    lesions: npt.NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Lesion pixels over lung pixels."""
        return float(np.count_nonzero(self.lesions & self.lungs) / np.count_nonzero(self.lungs))


def read_patients() -> list[Patient]:
    """Read all of them, in the order of their names."""
    files: dict[str, list[str]] = {}
    with (PICTURES / "patients.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            files.setdefault(row["patient"], []).append(row["slice"])
    patients = []
    for name in sorted(files):
        levels, lungs, lesions = (
            read_slice_images([PICTURES / kind / entry for entry in files[name]]) for kind in ("ct", "lungs", "lesions")
        )
        patients.append(Patient(name, levels, lungs > 127, lesions > 127))
    return patients


def data_hash(patients: list[Patient]) -> str:
    """Hash over all pixels, so that kept results are known to be of these."""
    whole = hashlib.sha256()
    for patient in patients:
        for array in (patient.levels, patient.lungs, patient.lesions):
            whole.update(hashlib.sha256(np.ascontiguousarray(array).tobytes()).digest())
    return whole.hexdigest()


def write_cohort(patients: list[Patient], held_out: str, folder: Path) -> Path:
    """Write a cohort with one patient in split validation and the others in split train.

    Parameters
    ----------
    patients : as read
    held_out : name of the one
    folder : made; a cohort that is there is written again

    Returns
    -------
    The folder.
    """
    affine = np.array([[0, 0, PIXEL_MM, 0], [0, PIXEL_MM, 0, 0], [SLICE_MM, 0, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
    rows = ["case,patient,hospital,label,severity,split,study,lungs,lesions,intensity"]
    for kind in ("studies", "masks"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for patient in patients:
        name = patient.name
        study, lungs, lesions = f"studies/{name}.nii.gz", f"masks/{name}-lungs.nii.gz", f"masks/{name}-lesions.nii.gz"
        write_nifti(folder / study, from_levels(patient.levels, WINDOW), affine, description=describe_levels(WINDOW))
        write_nifti(folder / lungs, patient.lungs.astype(np.uint8), affine)  # sides are not told apart
        write_nifti(folder / lesions, (patient.lesions & patient.lungs).astype(np.uint8), affine)
        split = "validation" if name == held_out else "train"
        rows.append(f"{name},{name},pictures,covid-19,0,{split},{study},{lungs},{lesions},8-bit")
    (folder / "cases.csv").write_text("\n".join(rows) + "\n")
    (folder / "cohort.toml").write_text(
        'format = 1\nname = "covid19-ct-seg-2d"\nsynthetic = false\n'
        'description = "7 patients published as pictures of 256 grey levels; pixel size and slice thickness unknown"\n'
    )
    return folder

"""Small folders in the layouts of published cohorts, made of phantoms; nothing of theirs is in them."""

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import SimpleITK
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from diagnosis.chest_phantom import chest_phantom
from pleura.imaging.nifti_write import write_nifti
from pleura.imaging.volume import Volume

__all__ = [
    "WINDOW",
    "chest",
    "grey",
    "make_cc_ccii",
    "make_covid_19_ct_seg",
    "make_covid_ct_md",
    "make_mosmed",
    "make_stoic",
]

WINDOW = (-1250, 250)
EXTENT = (384.0, 288.0)
"""Width and length of the phantom, mm."""


def chest(number: int) -> tuple[Volume, npt.NDArray[np.bool_]]:
    """A chest that differs from every other number's, and where its lesion is."""
    volume, block = chest_phantom(side="left" if number % 2 else "right", low=number % 4 < 2)
    hu = np.array(volume.hu)
    hu[:, :4, :4] = -1000 + 20 * number  # a mark in the air
    return Volume(hu=hu, affine=volume.affine, source=volume.source), block


def grey(hu: npt.NDArray[np.int16]) -> npt.NDArray[np.uint8]:
    """Levels of a window, as whoever publishes pictures makes them."""
    low, high = WINDOW
    return np.rint(np.clip((hu.astype(float) - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def make_mosmed(root: Path, counts: dict[str, int], *, masked: int = 1, start: int = 1) -> Path:
    """COVID19_1110: `counts` says how many studies a category has; the first of CT-1 have masks."""
    number = 0  # of the study; of the chest from `start` on
    for category, count in counts.items():
        (root / "studies" / category).mkdir(parents=True, exist_ok=True)
        for place in range(count):
            number += 1
            volume, block = chest(number - 1 + start)
            write_nifti(root / "studies" / category / f"study_{number:04}.nii.gz", volume.hu, volume.affine)
            if category == "CT-1" and place < masked:
                (root / "masks").mkdir(exist_ok=True)
                mask = block.astype(np.uint8)
                write_nifti(root / "masks" / f"study_{number:04}_mask.nii.gz", mask, volume.affine)
    (root / "dataset_registry.xlsx").write_bytes(b"not read")
    return root


def make_cc_ccii(root: Path, scans: dict[str, int], *, ending: str = ".png", zoom: int = 1) -> Path:
    """CC-CCII: `scans` is "class/patient/scan" -> number of the chest; slices from the head on, from 0."""
    for name, number in scans.items():
        folder = root / name
        folder.mkdir(parents=True)
        levels = grey(chest(number)[0].hu)[::-1].repeat(zoom, axis=1).repeat(zoom, axis=2)
        for place, picture in enumerate(levels):
            image = Image.fromarray(picture)
            (image.convert("RGB") if ending == ".jpg" else image).save(folder / f"{place:04}{ending}")
    return root


def make_stoic(root: Path, rows: list[tuple[str, str, str]], *, start: int = 0) -> Path:
    """STOIC2021: rows of patient, probCOVID and probSevere; every patient has a file."""
    (root / "data" / "mha").mkdir(parents=True)
    (root / "metadata").mkdir()
    for number, (patient, _, _) in enumerate(rows, start=start):
        volume, _ = chest(number)
        image = SimpleITK.GetImageFromArray(np.array(volume.hu))
        z, y, x = volume.spacing
        image.SetSpacing((x, y, z))
        image.SetOrigin(tuple(float(v) for v in volume.affine[:3, 3]))
        image.SetMetaData("PatientSex", "F")
        image.SetMetaData("PatientAge", "065Y")
        SimpleITK.WriteImage(image, str(root / "data" / "mha" / f"{patient}.mha"))
    table = "PatientID,probCOVID,probSevere\n" + "".join(",".join(row) + "\n" for row in rows)
    (root / "metadata" / "reference.csv").write_text(table)
    return root


def make_covid_ct_md(root: Path, subjects: dict[str, int]) -> Path:
    """COVID-CT-MD: `subjects` is "folder/subject" -> number of the chest; names of slices are in no order."""
    for name, number in subjects.items():
        folder = root / name
        folder.mkdir(parents=True)
        _write_series(folder, chest(number)[0], number)
    return root


def make_covid_19_ct_seg(root: Path, cases: list[str], *, start: int = 0) -> Path:
    """COVID-19-CT-Seg: coronacases in HU, radiopaedia as levels, and both masks of each."""
    for folder in ("COVID-19-CT-Seg_20cases", "Lung_Mask", "Infection_Mask"):
        (root / folder).mkdir(parents=True)
    for number, case in enumerate(cases, start=start):
        volume, block = chest(number)
        held = grey(volume.hu).astype(np.int16) if case.startswith("radiopaedia") else np.array(volume.hu)
        lungs = np.where(((volume.hu < -700) & (volume.hu > -950)) | block, 1, 0).astype(np.uint8)
        lungs[:, :, : volume.shape[2] // 2] *= 2  # the patient's right is 2 here, unlike in a cohort of ours
        write_nifti(root / "COVID-19-CT-Seg_20cases" / f"{case}.nii.gz", held, volume.affine)
        write_nifti(root / "Lung_Mask" / f"{case}.nii.gz", lungs, volume.affine)
        write_nifti(root / "Infection_Mask" / f"{case}.nii.gz", block.astype(np.uint8), volume.affine)
    return root


def _write_series(folder: Path, volume: Volume, number: int) -> None:
    z, y, x = volume.spacing
    for place, hu in enumerate(volume.hu):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}.{place + 1}"
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"98C{(place * 29) % 48:03}_{place}.dcm"
        slice_ = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
        slice_.SOPClassUID, slice_.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        slice_.StudyInstanceUID, slice_.SeriesInstanceUID = f"1.2.3.{number + 1}", f"1.2.3.{number + 1}.0"
        slice_.FrameOfReferenceUID = f"1.2.3.{number + 1}.9"
        slice_.PatientID, slice_.PatientSex, slice_.PatientAge = f"S{number}", "M", "052Y"
        slice_.Modality, slice_.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
        slice_.SeriesDescription, slice_.BodyPartExamined = "chest", "CHEST"
        slice_.Rows, slice_.Columns = hu.shape
        slice_.PixelSpacing, slice_.SliceThickness = [y, x], z
        slice_.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        origin = volume.affine[:3, 3] + volume.affine[:3, 0] * place
        slice_.ImagePositionPatient = [float(v) for v in origin]
        slice_.SliceLocation, slice_.InstanceNumber = float(origin[2]), place + 1
        slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
        slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit, slice_.PixelRepresentation = 16, 16, 15, 1
        slice_.RescaleSlope, slice_.RescaleIntercept, slice_.RescaleType = 1, 0, "HU"
        slice_.PixelData = hu.astype("<i2").tobytes()
        slice_.save_as(path, enforce_file_format=True)


def read(path: Path) -> npt.NDArray[np.generic]:
    """Voxels of a NIfTI file, (x, y, z) as they lie in it."""
    return np.asarray(nib.load(path).dataobj)

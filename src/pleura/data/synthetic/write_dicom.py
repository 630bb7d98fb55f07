"""A synthetic case in, a CT series out: one uncompressed CT Image Storage file a slice, clearly marked as synthetic."""

import os
import shutil
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from pleura import __version__
from pleura.data.synthetic.case import SyntheticCase
from pleura.data.synthetic.scanner.acquire import AIR_HU, scan_circle
from pleura.errors import OutputError

__all__ = ["SYNTHETIC_COMMENT", "write_dicom_series"]

SYNTHETIC_COMMENT = "SYNTHETIC: drawn from a seed by Pleura; not a patient; not for diagnosis"
_INTERCEPT = -1024
_FIRST_DAY = date(2020, 1, 1)


def write_dicom_series(
    case: SyntheticCase,
    folder: Path,
    *,
    case_id: str,
    patient_id: str,
    seed: int,
    hospital: str = "",
    day: int = 0,
) -> None:
    """Write a case as a DICOM series; the folder appears only when the series is whole.

    All UIDs follow from the seed, the case and the voxels' own hash, so that the same case has the same UIDs wherever
    it is written. Where the scan circle is padded, the files hold the protocol's padding value and name it.

    Parameters
    ----------
    case : what to write
    folder : must not exist, or be empty
    case_id : at most 16 ASCII characters are kept for Study ID
    patient_id : Patient ID, at most 64 characters
    seed : of the cohort, part of every UID
    hospital : institution name
    day : days that this study comes after the patient's own first date, which follows from the seed and the patient

    Raises
    ------
    OutputError
        If the folder holds anything, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} already holds something; name a new folder")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    head = _series_attributes(case, case_id, patient_id, seed, hospital, day)
    try:
        temporary.mkdir(parents=True)
        for k in range(case.volume.shape[0]):
            _slice(case, head, k).save_as(temporary / f"IM{k + 1:04d}.dcm", enforce_file_format=True)
        temporary.replace(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}; check the folder and its free space"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _uid(*parts: str | int) -> UID:
    """Derive a UID that follows from the parts, in the 2.25 form of a UUID (PS3.5, annex B)."""
    digest = sha256("\0".join(map(str, parts)).encode()).digest()
    return UID(f"2.25.{UUID(bytes=digest[:16], version=4).int}")


def _decimal(value: float) -> str:
    """Write a decimal string of at most 16 characters that reads back as the value rounded to 1e-6."""
    return repr(round(float(value), 6))


def _date(seed: int, patient_id: str, day: int) -> str:
    """Give the date of a study, as DICOM writes it."""
    first = int(sha256(f"{seed}\0{patient_id}".encode()).hexdigest()[:8], 16) % 365
    return (_FIRST_DAY + timedelta(days=first + day)).strftime("%Y%m%d")


def _series_attributes(
    case: SyntheticCase, case_id: str, patient_id: str, seed: int, hospital: str, days: int
) -> Dataset:
    """Attributes that all slices share, module by module of the CT Image IOD (PS3.3, A.3)."""
    p, volume, patient = case.protocol, case.volume, case.patient
    key = (seed, case_id, volume.source.sha256)
    day = _date(seed, patient_id, days)
    d = Dataset()
    d.SpecificCharacterSet = "ISO_IR 192"
    # patient and study
    d.PatientName = f"SYNTHETIC^{patient_id}"
    d.PatientID = patient_id
    d.PatientBirthDate = ""
    d.PatientSex = patient.sex
    d.PatientAge = f"{int(patient.age):03d}Y"
    d.StudyInstanceUID = _uid("study", *key)
    d.StudyDate, d.StudyTime = day, "090000"
    d.ReferringPhysicianName = ""
    d.StudyID = case_id[:16]
    d.AccessionNumber = ""
    d.StudyDescription = "SYNTHETIC CT chest"
    # series, frame of reference, equipment
    d.Modality = "CT"
    d.SeriesInstanceUID = _uid("series", *key)
    d.SeriesNumber = 2
    d.SeriesDate, d.SeriesTime = day, "090100"
    d.SeriesDescription = f"SYNTHETIC chest {p.kernel_name}"
    d.ProtocolName = "SYNTHETIC chest"
    d.BodyPartExamined = "CHEST"
    d.PatientPosition = "HFS"
    d.FrameOfReferenceUID = _uid("frame", *key)
    d.PositionReferenceIndicator = ""
    d.Manufacturer = p.manufacturer
    d.ManufacturerModelName = p.model
    d.InstitutionName = hospital
    d.SoftwareVersions = f"Pleura {__version__} synthetic"
    # image
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.AcquisitionNumber = 1
    d.AcquisitionDate, d.AcquisitionTime = day, "090130"
    d.ContentDate, d.ContentTime = day, "090130"
    d.ImageComments = SYNTHETIC_COMMENT
    d.BurnedInAnnotation = "NO"
    d.LossyImageCompression = "00"
    if p.contrast > 0:
        d.ContrastBolusAgent = "SYNTHETIC"
    dz, dy, dx = volume.spacing
    d.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    d.PixelSpacing = [_decimal(dy), _decimal(dx)]
    d.SliceThickness = _decimal(case.thickness)
    d.SpacingBetweenSlices = _decimal(dz)
    d.KVP = "120"
    d.GantryDetectorTilt = "0"
    d.ReconstructionDiameter = _decimal(dx * volume.shape[2])
    d.ConvolutionKernel = p.kernel_name
    # pixels: signed where the padding lies below what unsigned numbers can hold
    signed = p.circle and p.padding < _INTERCEPT
    d.SamplesPerPixel = 1
    d.PhotometricInterpretation = "MONOCHROME2"
    d.Rows, d.Columns = volume.shape[1:]
    d.BitsAllocated = 16
    d.BitsStored = 16 if signed else 12
    d.HighBit = d.BitsStored - 1
    d.PixelRepresentation = int(signed)
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = str(_INTERCEPT), "1", "HU"
    if p.circle:
        d.PixelPaddingValue = p.padding - _INTERCEPT
    d.WindowCenter, d.WindowWidth = "-600", "1500"
    return d


def _slice(case: SyntheticCase, head: Dataset, k: int) -> Dataset:
    """Slice k, from the feet; instances are numbered from the head, as scanners do."""
    d = Dataset()
    d.update(head)
    x, y, z, _ = case.volume.affine @ [k, 0, 0, 1]
    d.SOPClassUID = CTImageStorage
    d.SOPInstanceUID = _uid("image", head.SeriesInstanceUID, k)
    d.InstanceNumber = case.volume.shape[0] - k
    d.ImagePositionPatient = [_decimal(x), _decimal(y), _decimal(z)]
    d.SliceLocation = _decimal(z)
    d.PixelData = _stored(case, k).astype("<u2" if head.PixelRepresentation == 0 else "<i2").tobytes()
    d["PixelData"].VR = "OW"
    d.file_meta = FileMetaDataset()
    d.file_meta.MediaStorageSOPClassUID = CTImageStorage
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return d


def _stored(case: SyntheticCase, k: int) -> npt.NDArray[np.int32]:
    """Give the stored values of slice k, (y, x), with padding outside the scan circle."""
    stored: npt.NDArray[np.int32] = case.volume.hu[k].astype(np.int32) - _INTERCEPT
    if case.protocol.circle:
        stored[~scan_circle(stored.shape[0])] += case.protocol.padding - AIR_HU
    return stored

"""A chest known at every point of the patient, written as DICOM in any geometry and packing: the readers' oracle.

`chest` gives HU at points in mm, so whatever way slices are cut, flipped, tilted or packed, a reader's Volume must hold
`chest` at its own grid's points.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from imaging.jpeg_encoders import jpeg_lossless, jpeg_ls

SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "rle": RLELossless,
    "jpeg-2000": JPEG2000Lossless,
    "jpeg-lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless,
}
PACKED = ("rle", "jpeg-2000", "jpeg-lossless", "jpeg-ls")


def chest(points: np.ndarray) -> np.ndarray:
    """HU at points (L, P, S) mm, last axis of three: a body, two lungs, a liver on the right, a spine at the back.

    Nothing in it is symmetric, and it varies slowly, so that a flip shows and interpolation errs little.
    """
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)

    def inside(cx: float, cy: float, cz: float, rx: float, ry: float, rz: float) -> np.ndarray:
        distance = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2)
        return np.clip((1 - distance) * min(rx, ry, rz) / 12 + 0.5, 0, 1)  # edges 12 mm wide

    hu = np.full(x.shape, -1000.0)
    for hu_there, where in (
        (40.0, inside(0, 0, 0, 130, 95, 400)),
        (-850.0, inside(-62, -5, 10, 48, 70, 95)),
        (-800.0, inside(64, -5, 15, 42, 66, 90)),
        (110.0, inside(-55, -10, -75, 55, 60, 35)),
        (500.0, inside(0, 75, 0, 16, 14, 400)),
        (-100.0, inside(60, -30, 55, 20, 20, 15)),
    ):
        hu += where * (hu_there - hu)
    return hu


def points_of(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Points (L, P, S) mm of every voxel of a grid."""
    k, j, i = np.indices(shape)
    return np.stack([k, j, i, np.ones(shape)], -1) @ affine[:3].T


@dataclass(kw_only=True)
class Phantom:
    """How a series of the chest is cut and written; the defaults make an ordinary axial one."""

    slices: int = 24
    rows: int = 48
    columns: int = 56
    spacing: tuple[float, float] = (5.0, 5.5)
    orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0)
    step: tuple[float, float, float] | None = None
    """From one slice to the next, mm; 8 mm along the normal by default."""
    centre: tuple[float, float, float] = (3.0, -4.0, 5.0)
    syntax: str = "explicit"
    slope: float = 1.0
    intercept: float = -1024.0
    signed: bool = False
    bits_stored: int = 16
    seed: int = 1
    """Series, frame of reference and instance UIDs follow from it."""
    noise: float = 0.0
    tags: dict[str, Any] = field(default_factory=dict)
    """Attributes to set in every file; None removes one."""
    change: Callable[[int, Dataset], None] | None = None
    """Called with each slice's number, feet to head for an axial series, and its data set, before it is written."""
    keep: Sequence[int] | None = None
    """Numbers of the slices to write; all by default."""

    def affine(self) -> np.ndarray:
        """(k, j, i, 1) to mm, in the order of writing."""
        right, down = np.array(self.orientation[:3], float), np.array(self.orientation[3:], float)
        step = np.array(self.step, float) if self.step else 8.0 * np.cross(right, down)
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1], affine[:3, 2] = step, down * self.spacing[0], right * self.spacing[1]
        middle = np.array([(self.slices - 1) / 2, (self.rows - 1) / 2, (self.columns - 1) / 2])
        affine[:3, 3] = np.array(self.centre) - affine[:3, :3] @ middle
        return affine

    def hu(self) -> np.ndarray:
        """HU as written, before rescaling rounds them."""
        shape = (self.slices, self.rows, self.columns)
        noise = np.random.default_rng(self.seed).normal(0, 1, shape) * self.noise
        return chest(points_of(self.affine(), shape)) + noise

    def stored(self) -> np.ndarray:
        """Stored values, of 16 bits."""
        values = np.rint((self.hu() - self.intercept) / self.slope)
        return values.astype(np.int16 if self.signed else np.uint16)


def uid(seed: int, number: int = 0) -> str:
    """A UID that follows from two numbers."""
    return f"2.25.{seed}.{number + 1}"


def decimal(values: Sequence[float]) -> list[str]:
    """Decimal strings that fit 16 characters."""
    return [f"{value:.9f}"[:16] for value in values]


def compress(picture: np.ndarray, syntax: str, bits: int) -> bytes:
    """One frame of a packed transfer syntax."""
    if syntax == "jpeg-lossless":
        return jpeg_lossless(picture.view(np.uint16), bits)
    if syntax == "jpeg-ls":
        return jpeg_ls(picture.view(np.uint16), bits)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelRepresentation = int(picture.dtype.kind == "i")
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.1"
    dataset.PixelData = picture.tobytes()
    dataset.compress(SYNTAXES[syntax], generate_instance_uid=False)
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def _common(phantom: Phantom, sop_class: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = SYNTAXES[phantom.syntax]
    dataset.SOPClassUID = sop_class
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.StudyDate, dataset.Modality = "20240229", "CT"
    dataset.Manufacturer, dataset.ManufacturerModelName = "Phantom", "Ellipse 7"
    dataset.StudyDescription, dataset.SeriesDescription = "CT CHEST", "Thorax"
    dataset.PatientID, dataset.StudyInstanceUID = "P1", "2.25.9"
    dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = uid(phantom.seed), "2.25.8"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = phantom.rows, phantom.columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, phantom.bits_stored, phantom.bits_stored - 1
    dataset.PixelRepresentation = int(phantom.signed)
    return dataset


def _apply(dataset: Dataset, tags: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that the standard does not allow, and scanners write
        _set(dataset, tags)


def _set(dataset: Dataset, tags: dict[str, Any]) -> None:
    for name, value in tags.items():
        if value is None:
            if name in dataset:
                delattr(dataset, name)
        else:
            setattr(dataset, name, value)


def _pixels(dataset: Dataset, frames: np.ndarray, phantom: Phantom) -> None:
    if phantom.syntax in PACKED:
        packed = [compress(frame, phantom.syntax, phantom.bits_stored) for frame in frames]
        dataset.PixelData = encapsulate(packed)
        dataset["PixelData"].is_undefined_length = True
    else:
        order = ">" if phantom.syntax == "big-endian" else "<"
        dataset.PixelData = frames.astype(frames.dtype.newbyteorder(order)).tobytes()
    dataset["PixelData"].VR = "OB" if phantom.syntax in PACKED else "OW"


def to_bytes(dataset: Dataset) -> bytes:
    """The data set as a DICOM file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _to_bytes(dataset)


def _to_bytes(dataset: Dataset) -> bytes:
    out = BytesIO()
    syntax = dataset.file_meta.TransferSyntaxUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "2.25.1")
    dcmwrite(
        out,
        dataset,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return out.getvalue()


def series(phantom: Phantom) -> list[bytes]:
    """The series as files of one slice each, in the order of `Phantom.step`; InstanceNumber runs the other way."""
    affine, stored = phantom.affine(), phantom.stored()
    out = []
    for k in range(phantom.slices) if phantom.keep is None else phantom.keep:
        dataset = _common(phantom, CTImageStorage)
        dataset.SOPInstanceUID = uid(phantom.seed, k + 1)
        dataset.InstanceNumber = phantom.slices - k
        dataset.ConvolutionKernel, dataset.SliceThickness = "L", "8"
        dataset.ImagePositionPatient = decimal(affine[:3] @ [k, 0, 0, 1])
        dataset.ImageOrientationPatient = decimal(phantom.orientation)
        dataset.PixelSpacing = decimal(phantom.spacing)
        dataset.RescaleSlope, dataset.RescaleIntercept = f"{phantom.slope:g}", f"{phantom.intercept:g}"
        _pixels(dataset, stored[k : k + 1], phantom)
        _apply(dataset, phantom.tags)
        if phantom.change is not None:
            phantom.change(k, dataset)
        out.append(to_bytes(dataset))
    return out


def enhanced(phantom: Phantom) -> bytes:
    """The series as one Enhanced CT file, its frames in a mixed order; thickness and kernel are shared."""
    affine, stored = phantom.affine(), phantom.stored()
    order = np.random.default_rng(phantom.seed).permutation(phantom.slices)
    dataset = _common(phantom, EnhancedCTImageStorage)
    dataset.SOPInstanceUID = uid(phantom.seed, 1)
    dataset.NumberOfFrames = phantom.slices

    def item(**values: Any) -> Dataset:
        out = Dataset()
        _apply(out, values)
        return out

    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=decimal(phantom.spacing), SliceThickness="8")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=decimal(phantom.orientation))],
        CTReconstructionSequence=[item(ConvolutionKernel="L")],
        CTImageFrameTypeSequence=[item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])],
    )
    dataset.SharedFunctionalGroupsSequence = [shared]
    rescale = {"RescaleSlope": f"{phantom.slope:g}", "RescaleIntercept": f"{phantom.intercept:g}", "RescaleType": "HU"}
    dataset.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=decimal(affine[:3] @ [k, 0, 0, 1]))],
            PixelValueTransformationSequence=[item(**rescale)],
        )
        for k in order
    ]
    _pixels(dataset, stored[order], phantom)
    _apply(dataset, phantom.tags)
    return to_bytes(dataset)


def write(folder: Path, phantom: Phantom, prefix: str = "s") -> Path:
    """Write the series into a folder under names in a mixed order; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    files = series(phantom)
    for name, data in zip(np.random.default_rng(phantom.seed).permutation(len(files)), files, strict=True):
        (folder / f"{prefix}{name:03d}").write_bytes(data)
    return folder

"""How fast and in how much memory studies are read: 300 slices of 512 x 512, made here, to a Volume.

Each comparison alternates between the two ways in one run and takes medians, so that a busy machine slows both.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless

from _table import Row, report
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.imaging.dicom.decode_pool import DecoderPool
from pleura.imaging.dicom.grouping import Slice
from pleura.imaging.dicom.header import read_header
from pleura.imaging.dicom.stack import read_stack
from pleura.imaging.limits import Limits
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume

SLICES, SIDE = 300, 512
DISTINCT = 30
"""Pictures that differ; the series repeats them, since making one of JPEG 2000 takes long."""
RUNS = 7


def pictures() -> np.ndarray:
    """Noisy bodies with two lungs, stored values of 12 bits with an intercept of -1024."""
    rng = np.random.default_rng(300)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    hu = np.full((DISTINCT, SIDE, SIDE), -1000.0)
    hu[:, (x / 0.85) ** 2 + (y / 0.6) ** 2 < 1] = 40
    for centre in (-0.4, 0.4):
        hu[:, ((x - centre) / 0.3) ** 2 + (y / 0.45) ** 2 < 1] = -860
    hu += rng.normal(0, 25, hu.shape)
    return np.clip(hu + 1024, 0, 4095).astype("<u2")


def dataset(k: int) -> Dataset:
    """Make the header of slice k, with about as much in it as scanners write."""
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.SpecificCharacterSet = "ISO_IR 100"
    d.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    d.SOPClassUID, d.SOPInstanceUID = CTImageStorage, f"2.25.7.{k + 1}"
    d.StudyDate = d.SeriesDate = d.AcquisitionDate = d.ContentDate = "20240229"
    d.StudyTime = d.SeriesTime = d.AcquisitionTime = d.ContentTime = "101500"
    d.AccessionNumber, d.Modality, d.Manufacturer = "", "CT", "Benchmark"
    d.InstitutionName, d.ReferringPhysicianName, d.StationName = "Hospital", "", "CT1"
    d.StudyDescription, d.SeriesDescription, d.ManufacturerModelName = "CT CHEST", "Thorax 1.0", "Bench 300"
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex, d.PatientAge = "A^B", "1", "", "", "060Y"
    d.BodyPartExamined, d.ScanOptions, d.SliceThickness, d.KVP = "CHEST", "HELICAL", "1", "120"
    d.DataCollectionDiameter = d.ReconstructionDiameter = "400"
    d.SoftwareVersions, d.ProtocolName = "1", "Chest"
    d.DistanceSourceToDetector, d.DistanceSourceToPatient, d.GantryDetectorTilt, d.TableHeight = "950", "540", "0", "1"
    d.RotationDirection, d.ExposureTime, d.XRayTubeCurrent, d.Exposure = "CW", "500", "200", "100"
    d.FilterType, d.GeneratorPower, d.FocalSpots, d.ConvolutionKernel = "BODY", "24", "1.2", "LUNG"
    d.PatientPosition, d.StudyInstanceUID, d.SeriesInstanceUID = "HFS", "2.25.5", "2.25.6"
    d.StudyID, d.SeriesNumber, d.AcquisitionNumber, d.InstanceNumber = "1", "2", "1", str(SLICES - k)
    d.ImagePositionPatient, d.ImageOrientationPatient = ["-180", "-180", f"{k - 150}"], ["1", "0", "0", "0", "1", "0"]
    d.FrameOfReferenceUID, d.PositionReferenceIndicator, d.SliceLocation = "2.25.4", "SN", f"{k - 150}"
    d.SamplesPerPixel, d.PhotometricInterpretation, d.Rows, d.Columns = 1, "MONOCHROME2", SIDE, SIDE
    d.PixelSpacing = ["0.703125", "0.703125"]
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
    d.WindowCenter, d.WindowWidth = "-600", "1500"
    d.RescaleIntercept, d.RescaleSlope, d.RescaleType = "-1024", "1", "HU"
    return d


def write_series(folder: Path, *, compressed: bool) -> None:
    """Write the series as one file a slice."""
    folder.mkdir()
    packed = []
    for picture in pictures():
        d = dataset(0)
        d.PixelData = picture.tobytes()
        if compressed:
            d.compress(JPEG2000Lossless, generate_instance_uid=False)
        packed.append(d)
    for k in range(SLICES):
        d, source = dataset(k), packed[k % DISTINCT]
        d.file_meta, d["PixelData"] = source.file_meta, source["PixelData"]
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        d.save_as(folder / f"{k:04d}.dcm", enforce_file_format=True)


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def alternate(first: Callable[[], object], second: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Median seconds of each, and the median of the ratio first / second, over pairs of runs."""
    first()
    second()
    pairs = [(seconds(first), seconds(second)) for _ in range(runs)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)


def bare_loop(folder: Path) -> list[np.ndarray]:
    """Read as one would in three lines: dcmread and pixel_array for each file, kept."""
    return [pydicom.dcmread(path).pixel_array for path in sorted(folder.iterdir())]


MEMORY_PROBE = """
import sys
from pathlib import Path
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
def status(name):
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(name)) * 1024
before = status("VmRSS")
volume, _ = load_study(Path(sys.argv[1]))
print((status("VmHWM") - before) / volume.hu.nbytes)
"""


def reading_rows(folder: Path) -> list[Row]:
    """Plain pixel data: time against the bare loop, and memory."""
    ours, bare, ratio = alternate(lambda: load_study(folder), lambda: bare_loop(folder), RUNS)
    out = subprocess.run([sys.executable, "-c", MEMORY_PROBE, str(folder)], capture_output=True, text=True, check=True)
    headers = seconds(lambda: [read_header(p, p.name, Limits()) for p in sorted(folder.iterdir())])
    what = f"{SLICES} x {SIDE} x {SIDE}, uncompressed"
    return [
        Row(
            name="read / bare pydicom loop", value=ratio, unit="x", target="<= 1.3", detail=f"{what}; median of {RUNS}"
        ),
        Row(name="read to a Volume", value=ours, unit="s", detail="scan, choice, HU, hash"),
        Row(name="bare pydicom loop", value=bare, unit="s", detail="dcmread and pixel_array a file, nothing else"),
        Row(name="headers alone", value=headers, unit="s", detail="the scan's part"),
        Row(
            name="peak memory / voxels' bytes",
            value=float(out.stdout),
            unit="x",
            target="<= 2.5",
            detail="VmHWM at the end less VmRSS after the imports, in a process of its own",
        ),
    ]


def jpeg2000_rows(folder: Path) -> list[Row]:
    """JPEG 2000: one decoder process against two."""
    files = [read_header(path, path.name, Limits()) for path in sorted(folder.iterdir())]
    slices = [Slice(file, 0) for file in files if file is not None]

    def read(workers: int) -> None:
        pool = DecoderPool(workers)
        read_stack(slices, pool)
        pool.close()

    one, two, ratio = alternate(lambda: read(1), lambda: read(2), 3)
    what = f"{SLICES} x {SIDE} x {SIDE}, lossless; starting the processes counts"
    return [
        Row(name="JPEG 2000, one core / two", value=ratio, unit="x", target=">= 1.5", detail=what),
        Row(name="JPEG 2000, one core", value=one, unit="s", detail=what),
        Row(name="JPEG 2000, two cores", value=two, unit="s", detail=what),
    ]


def lung_rows() -> list[Row]:
    """Time the lungs on a synthetic chest, its 60 slices of 5 mm each drawn five times to make 300 of 1 mm."""
    size = SIZES["full"]
    case = generate_case(
        seed=5, label="covid-19", severity=2, protocol=Protocol.draw(5, shape=size.shape, spacing=size.spacing)
    )
    affine = np.array(case.volume.affine)
    affine[:3, 0] /= 5
    volume = Volume(hu=np.repeat(case.volume.hu, 5, axis=0), affine=affine, source=case.volume.source)
    segment_lungs(case.volume)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        mask = segment_lungs(volume)
        seconds.append(time.perf_counter() - began)
    truth = np.repeat(case.lungs > 0, 5, axis=0)
    dice = 2 * ((mask > 0) & truth).sum() / ((mask > 0).sum() + truth.sum())
    return [
        Row(
            name="lungs",
            value=median(seconds),
            unit="s",
            target="<= 4",
            detail=f"300 x 512 x 512; median of 3; Dice {dice:.3f}",
        )
    ]


def main() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as name:
        plain, packed = Path(name, "plain"), Path(name, "packed")
        write_series(plain, compressed=False)
        rows = reading_rows(plain)
        write_series(packed, compressed=True)
        rows += jpeg2000_rows(packed)
    report("imaging", [*rows, *lung_rows()])


if __name__ == "__main__":
    main()

"""One DICOM file in, what its header says out: the file's own facts and one plane for each slice it holds."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from pleura.errors import UnreadableFileError
from pleura.imaging.boundary import reading
from pleura.imaging.dicom.pixel_layout import PixelLayout, find_pixels
from pleura.imaging.dicom.planes import Plane, classic_plane, enhanced_planes
from pleura.imaging.dicom.tags import HEADER_TAGS, Tag
from pleura.imaging.dicom.values import integer, numbers, text
from pleura.imaging.limits import Limits

__all__ = ["DicomFile", "read_header"]

_CHUNKS = (16 * 2**10, 2**20)
"""Bytes read at first, for nearly all headers fit in them; then where they do not; then as many as are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomFile:
    """What the header of one DICOM file says; texts are "" where it does not."""

    name: str
    """The file's name within the study, for messages."""
    path: Path
    sop_class: str
    sop_uid: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    modality: str
    study_description: str
    series_description: str
    protocol: str
    body_part: str
    manufacturer: str
    scanner: str
    patient_id: str
    study_date: str
    contrast_agent: str
    lossy: bool
    rows: int
    columns: int
    planes: tuple[Plane, ...] = field(repr=False)
    """One for each frame; for a file whose frames are not known, one that says what is."""
    pixels: PixelLayout | None
    """None where there is no pixel data, or a problem with it."""
    problem: str = ""
    """Why the slices cannot be used, such as pixel data that does not fit; "" where they can."""


def _stops_at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return int(tag) >= Tag.FLOAT_PIXEL_DATA


def _leaves_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return int(tag) >> 16 != 2


def _start(head: bytes) -> int | None:
    """Offset of the first element; None where the bytes cannot be DICOM.

    Without the preamble and its DICM, a file passes that begins with an element of group 2 or a low one of group 8.
    """
    if head[128:132] == b"DICM":
        return 132
    for order, groups in (("little", (2, 8)), ("big", (8,))):
        group, element = (int.from_bytes(head[at : at + 2], order) for at in (0, 2))  # type: ignore[arg-type]
        if len(head) >= 8 and group in groups and element <= 0x0100:
            return 0
    return None


def _parse(data: bytes, start: int, name: str) -> tuple[Dataset, str, int]:
    """Read the elements before the pixel data, the transfer syntax, and where reading stopped."""
    stream = BytesIO(data)
    stream.seek(start)
    syntax = ""
    if data[start : start + 2] == b"\x02\x00":
        meta = read_dataset(stream, False, True, stop_when=_leaves_meta)
        syntax = text(meta, Tag.TRANSFER_SYNTAX_UID)
    if syntax == DeflatedExplicitVRLittleEndian:
        raise UnreadableFileError(f"{name} has the deflated transfer syntax, which is not read; export it uncompressed")
    if not syntax:
        big = data[stream.tell() : stream.tell() + 2] == b"\x00\x08"
        syntax = ExplicitVRBigEndian if big else ImplicitVRLittleEndian
    dataset = read_dataset(
        stream,
        syntax == ImplicitVRLittleEndian,
        syntax != ExplicitVRBigEndian,
        stop_when=_stops_at_pixels,
        specific_tags=HEADER_TAGS,
    )
    return dataset, str(syntax), stream.tell()


def _describe(dataset: Dataset, syntax: str, data: bytes, at: int, path: Path, name: str, limits: Limits) -> DicomFile:
    """Put the header in a DicomFile; `at` is where the pixel data element begins, `data` holds at least its head."""
    frames = int((numbers(dataset, Tag.NUMBER_OF_FRAMES) or (1.0,))[0])
    pixels, problem = find_pixels(dataset, syntax, data, at, path, frames, limits)
    planes: tuple[Plane, ...] = ()
    if not problem and dataset.get_item(Tag.FRAME_GROUPS, keep_deferred=True) is not None:
        planes = enhanced_planes(dataset, frames)
    elif not problem and frames == 1:
        planes = (classic_plane(dataset),)
    if not problem and not planes:
        problem = f"{frames} frames without a functional group for each"
    return DicomFile(
        name=name,
        path=path,
        sop_class=text(dataset, Tag.SOP_CLASS_UID),
        sop_uid=text(dataset, Tag.SOP_INSTANCE_UID),
        series_uid=text(dataset, Tag.SERIES_UID),
        study_uid=text(dataset, Tag.STUDY_UID),
        frame_of_reference_uid=text(dataset, Tag.FRAME_OF_REFERENCE_UID),
        modality=text(dataset, Tag.MODALITY).upper(),
        study_description=text(dataset, Tag.STUDY_DESCRIPTION),
        series_description=text(dataset, Tag.SERIES_DESCRIPTION),
        protocol=text(dataset, Tag.PROTOCOL_NAME),
        body_part=text(dataset, Tag.BODY_PART).upper(),
        manufacturer=text(dataset, Tag.MANUFACTURER),
        scanner=text(dataset, Tag.MODEL_NAME),
        patient_id=text(dataset, Tag.PATIENT_ID),
        study_date=text(dataset, Tag.STUDY_DATE),
        contrast_agent=text(dataset, Tag.CONTRAST_AGENT),
        lossy=text(dataset, Tag.LOSSY) == "01",
        rows=integer(dataset, Tag.ROWS) or 0,
        columns=integer(dataset, Tag.COLUMNS) or 0,
        planes=planes or (classic_plane(dataset),),
        pixels=None if problem else pixels,
        problem=problem,
    )


def read_header(path: Path, name: str, limits: Limits) -> DicomFile | None:
    """Read the header of a file, up to its pixel data and no further.

    Parameters
    ----------
    path : a regular file
    name : what messages should call it

    Returns
    -------
    DicomFile or None
        None where the file is no image of a series: not DICOM, or a directory of others. A file that is one, but whose
        pixel data cannot be used, says so in `problem`.

    Raises
    ------
    UnreadableFileError
        If the file begins as DICOM does and then cannot be read.
    """
    with reading(name), path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        data = file.read(_CHUNKS[0])
    start = _start(data)
    if start is None:
        return None
    for allowed in (*(chunk for chunk in _CHUNKS if chunk < limits.header_bytes), limits.header_bytes):
        if len(data) < min(allowed, size):
            with reading(name), path.open("rb") as file:
                data = file.read(allowed)
        last = len(data) >= size or allowed == limits.header_bytes
        try:
            with reading(name):
                dataset, syntax, at = _parse(data, start, name)
        except UnreadableFileError:
            if last:
                raise
            continue
        if last or at + 12 <= len(data):
            break
    if at + 12 > len(data) < size:
        raise UnreadableFileError(
            f"{name} has no pixel data within its first {len(data)} bytes, as far as is read; export it again"
        )
    with reading(name):
        header = _describe(dataset, syntax, data, at, path, name, limits)
    known = header.sop_class and header.series_uid if start == 0 else header.series_uid or header.pixels is not None
    return header if known else None

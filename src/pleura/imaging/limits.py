"""How much of a study is read before it is refused: counts and bytes, checked before anything is allocated."""

from dataclasses import dataclass, fields

__all__ = ["Limits"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on what an input may make the reader do.

    Raises
    ------
    ValueError
        If a bound is not positive.
    """

    files: int = 20_000
    """Files in a folder, or entries in an archive and those nested in it."""
    bytes: int = 4 * 2**30
    """Bytes that an archive may unpack to, counted as they come out."""
    ratio: float = 200.0
    """Unpacked bytes to one packed byte; held once `ratio_from` bytes are out, for a small plain picture packs well."""
    ratio_from: int = 64 * 2**20
    """Bytes from which the ratio counts."""
    depth: int = 2
    """Archives within archives; 1 is an archive that holds no other."""
    slices: int = 4_000
    """Slices in a series, frames in a file, slices in a NIfTI."""
    matrix: int = 2_048
    """Rows, and columns, of a slice."""
    voxels: int = 2**30
    """Voxels in a volume; 2 GiB of int16."""
    header_bytes: int = 64 * 2**20
    """Bytes of a DICOM file that may come before its pixel data."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"{field.name} must be positive, got {getattr(self, field.name)}")

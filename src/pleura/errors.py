"""The error tree: whatever Pleura refuses, it refuses with one of these.

PleuraError
├── StudyError                 a study that cannot be used
│   ├── UnreadableFileError        empty, truncated, not an image, pixel data that does not fit
│   ├── UnsafeArchiveError         a ZIP that is too large, too deep, or leaves its folder
│   ├── NoUsableSeriesError        no series fit for chest diagnosis; carries the reason for each
│   ├── GeometryError              gaps, duplicates, shear, no affine
│   ├── IntensityError             no rescale to HU, NaN, HU outside reason
│   └── NoLungsError               no lungs in the field of view
├── CohortError                a cohort table that contradicts itself or its files
├── RecipeError                settings or a recipe that cannot be used
├── ModelError                 a model folder that is missing, damaged or does not fit
├── OutputError                an answer that cannot be written where it was asked for
└── MissingExtraError          an optional package is needed; names the command that installs it

Messages say what was got, what was expected, and what to do next.
"""

__all__ = [
    "CohortError",
    "GeometryError",
    "IntensityError",
    "MissingExtraError",
    "ModelError",
    "NoLungsError",
    "NoUsableSeriesError",
    "OutputError",
    "PleuraError",
    "RecipeError",
    "StudyError",
    "UnreadableFileError",
    "UnsafeArchiveError",
]


class PleuraError(Exception):
    """Base of all refusals; the command line prints its message as one line and exits with `exit_code`."""

    exit_code = 1


class StudyError(PleuraError):
    """A study that cannot be used."""


class UnreadableFileError(StudyError):
    """A file that is empty, truncated, not an image, or whose pixel data does not fit its header."""


class UnsafeArchiveError(StudyError):
    """A ZIP archive past the limits on files, bytes, ratio or depth, or with a path that leaves its folder."""


class NoUsableSeriesError(StudyError):
    """No series of the study is fit for chest diagnosis; the message gives the reason for each."""


class GeometryError(StudyError):
    """Slices or an affine that do not form one regular volume."""


class IntensityError(StudyError):
    """Voxel values that are not, or cannot be, Hounsfield units."""


class NoLungsError(StudyError):
    """No lungs in the field of view."""


class CohortError(PleuraError):
    """A cohort table that contradicts itself or its files."""


class RecipeError(PleuraError):
    """Settings or a recipe that cannot be used."""


class ModelError(PleuraError):
    """A model folder that is missing, damaged, or does not fit its description."""


class OutputError(PleuraError):
    """An answer that cannot be written where it was asked for."""


class MissingExtraError(PleuraError):
    """An optional package is needed; the message names the command that installs it."""

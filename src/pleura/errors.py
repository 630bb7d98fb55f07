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
├── SecureSumError             a sum of updates that would be wrong, or tell more than it may
│   ├── TermsError                 a round's terms that contradict themselves, or a vector that does not fit them
│   ├── WireError                  bytes from outside that are no part, share, answer or list of this round
│   ├── ShortAnswersError          too few answers to open the sum
│   ├── WrongSumError              a sum that does not open: wrong key, or altered on the way
│   ├── KeyFileError               a key file that is missing, readable by others, damaged, or locked
│   ├── QuorumError                too few hospitals, or too few uploads, for a round
│   ├── PolicyError                a wish of the server that the hospital's own policy forbids
│   └── ContinuityError            a round that skips, repeats or forks another, or begins from another model
├── OutputError                an answer that cannot be written where it was asked for
└── MissingExtraError          an optional package is needed; names the command that installs it

Messages say what was got, what was expected, and what to do next.
"""

__all__ = [
    "CohortError",
    "ContinuityError",
    "GeometryError",
    "IntensityError",
    "KeyFileError",
    "MissingExtraError",
    "ModelError",
    "NoLungsError",
    "NoUsableSeriesError",
    "OutputError",
    "PleuraError",
    "PolicyError",
    "QuorumError",
    "RecipeError",
    "SecureSumError",
    "ShortAnswersError",
    "StudyError",
    "TermsError",
    "UnreadableFileError",
    "UnsafeArchiveError",
    "WireError",
    "WrongSumError",
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


class SecureSumError(PleuraError):
    """A sum of updates that would be wrong, or that would tell more than it may."""


class TermsError(SecureSumError):
    """A round's terms that contradict themselves, or a vector that does not fit them."""


class WireError(SecureSumError):
    """Bytes from outside that are no part, share, answer or list of this round."""


class ShortAnswersError(SecureSumError):
    """Too few answers to open the sum; the round is run again with fresh secrets."""


class WrongSumError(SecureSumError):
    """A sum that does not open: a wrong key, answers that contradict one another, or bytes altered on the way."""


class KeyFileError(SecureSumError):
    """A key file that is missing, readable by others, damaged, or locked with another passphrase."""


class QuorumError(SecureSumError):
    """Too few hospitals, or too few uploads, for a round; it is run again when more are there."""


class PolicyError(SecureSumError):
    """A wish of the server that the hospital's own policy forbids."""


class ContinuityError(SecureSumError):
    """A round that skips, repeats or forks another one, or begins from another model than the hospital holds."""


class OutputError(PleuraError):
    """An answer that cannot be written where it was asked for."""


class MissingExtraError(PleuraError):
    """An optional package is needed; the message names the command that installs it."""

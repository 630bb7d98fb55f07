"""Cases, or a volume, and a model's input settings in; an error out where 256 grey levels would be taken for HU."""

from collections.abc import Sequence

from pleura.data.cohort import Case
from pleura.errors import CohortError, IntensityError
from pleura.imaging.grey_levels import levels_described
from pleura.imaging.volume import Volume
from pleura.settings import InputSettings

__all__ = ["check_intensity", "check_volume"]

_NAMED = 5


def check_intensity(cases: Sequence[Case], settings: InputSettings) -> None:
    """Refuse cases of fewer grey levels than the settings need.

    A study of 8 bits was laid on a window by whoever published it: 256 levels, nothing outside the window, and often no
    word of which window. Mapped back it resembles HU; it is none.

    Parameters
    ----------
    cases : to be trained or judged on
    settings : whose `intensity` says what is taken

    Raises
    ------
    CohortError
        If the settings take HU only and a case is of 8 bits; names up to five of them.
    """
    if settings.intensity == "any":
        return
    coarse = [case.case for case in cases if case.intensity != "hu"]
    if coarse:
        more = f" and {len(coarse) - _NAMED} more" if len(coarse) > _NAMED else ""
        raise CohortError(
            f"no Hounsfield units, but pictures of 256 grey levels: case {', '.join(coarse[:_NAMED])}{more}. Leave "
            'them out, or set intensity = "any" under [input] in the recipe and say so wherever its results are shown'
        )


def check_volume(volume: Volume, settings: InputSettings) -> None:
    """Refuse a volume that says it was made of grey levels where the settings need HU.

    Parameters
    ----------
    volume : as read; an imported study of 8 bits says so in its header
    settings : of the model that is to see it

    Raises
    ------
    IntensityError
        If the settings take HU only and the volume is of 8 bits.
    """
    if settings.intensity == "hu" and levels_described(volume.source.series_description):
        raise IntensityError(
            "the study is made of pictures of 256 grey levels, and the model needs Hounsfield units; give the scan as "
            'the scanner wrote it, or a model that was trained with input.intensity = "any"'
        )

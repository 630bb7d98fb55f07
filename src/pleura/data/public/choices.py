"""What a user decides at an import, in; settings that are checked against what the source says, out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pleura.data.cohort import SPLITS
from pleura.data.public.found import FoundScan, Layout
from pleura.errors import CohortError
from pleura.imaging.grey_levels import Window
from pleura.settings import LABELS

__all__ = ["LEAVE_OUT", "Choices", "labels_of", "window_of"]

LEAVE_OUT = "leave-out"
"""In place of a label: the scans of this class of the source are not taken."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Everything about an import that is not written in the source.

    Raises
    ------
    CohortError
        If a choice cannot be, or contradicts another.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    """Class of the source -> a label, or "leave-out"; goes before what the layout says."""
    hospital: str = ""
    """Of every case; empty for the source's own name."""
    shares: tuple[float, float, float] = (0.6, 0.2, 0.2)
    """Of each class's patients, in training, validation and test; they sum to 1."""
    seed: int = 1
    """Draws which patient goes where."""
    window: Window | None = None
    """What 0 and 255 of pictures of 8 bits stand for; None for what the source says."""
    extent: tuple[float, float] | None = None
    """Width of a picture and length of a scan, mm, where the source gives pictures without either."""
    first: str = "head"
    """The end of the chest, "head" or "feet", at which the numbers of the pictures begin."""
    gaps: bool = False
    """Whether a scan whose numbers have gaps is taken, its slices put next to each other."""
    copy: bool = False
    """Whether files that need no conversion are copied; otherwise they are linked (hard links) where that can be."""

    def __post_init__(self) -> None:
        for name, label in self.labels.items():
            if label not in (*LABELS, LEAVE_OUT):
                raise CohortError(f'class {name} as "{label}"; need one of {", ".join(LABELS)}, or {LEAVE_OUT}')
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6:
            given = ", ".join(f"{share:g}" for share in self.shares)
            raise CohortError(f"shares of {', '.join(SPLITS)} are {given}; need none below 0, and 1 together")
        if self.seed < 0:
            raise CohortError(f"seed {self.seed}; need 0 or more")
        if self.extent is not None and not (50 <= self.extent[0] <= 1000 and 80 <= self.extent[1] <= 1000):
            raise CohortError(
                f"extent {self.extent[0]:g},{self.extent[1]:g}; need WIDTH,LENGTH in mm, 50 to 1000 and 80 to 1000, "
                "such as 350,300"
            )
        if self.first not in ("head", "feet"):
            raise CohortError(f'pictures begin at "{self.first}"; need head or feet')


def labels_of(layout: Layout, scans: Sequence[FoundScan], choices: Choices) -> dict[str, str]:
    """Give every class of the source that has scans its label, or "leave-out".

    Raises
    ------
    CohortError
        If a class was given a label that the source has not, or has none from the source or the user.
    """
    strange = [name for name in choices.labels if name not in layout.labels]
    if strange:
        raise CohortError(
            f"{layout.title} has no class {', '.join(strange)}; its classes are {', '.join(layout.labels)}"
        )
    counts = Counter(scan.source_class for scan in scans)
    given = {name: choices.labels.get(name, layout.labels.get(name)) for name in counts}
    for name, label in given.items():
        if label is None:
            why = layout.unsaid.get(name, "the source does not say which disease it is")
            raise CohortError(
                f"{counts[name]} scans of {layout.title} are of class {name}, and {why}. Decide it with "
                f"--label {name}=LABEL ({', '.join(LABELS)}), or take none of them with --label {name}={LEAVE_OUT}"
            )
    return {name: label for name, label in given.items() if label is not None}


def window_of(layout: Layout, scans: Sequence[FoundScan], choices: Choices) -> Window | None:
    """Give the window of the pictures of 8 bits; None where the source has none.

    Raises
    ------
    CohortError
        If there are such pictures and neither the source nor the user says what they show, or pictures of unknown size.
    """
    coarse = sum(scan.intensity == "8-bit" for scan in scans)
    bare = sum(scan.form == "pictures" for scan in scans)
    window = choices.window or layout.window
    if coarse and window is None:
        raise CohortError(
            f"{coarse} scans of {layout.title} are pictures of 256 grey levels, and the source does not say what black "
            "and white stand for. Give the HU of both with --window LOW,HIGH; a usual lung window is --window=-1250,250"
        )
    if bare and choices.extent is None:
        raise CohortError(
            f"{bare} scans of {layout.title} are pictures, and the source does not say how large they are. Give the "
            "width of a picture and the length of a scan in mm with --extent WIDTH,LENGTH, such as --extent 350,300"
        )
    return window if coarse else None

"""How a model is judged at a new hospital."""

from dataclasses import dataclass, field

from pleura.evaluation.calibration.recalibration import KINDS
from pleura.evaluation.classification import IntervalSettings
from pleura.evaluation.cutoffs.choose import Rule

__all__ = ["SiteSettings"]


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """What is to be shown, and how."""

    sensitivity: float = 0.9
    """That is to be reached: the lower end of the interval has to."""
    specificity: float = 0.8
    """That is to be reached."""
    width: float = 0.1
    """Of the intervals of sensitivity and specificity, from end to end, that is aimed at."""
    rule: Rule = field(default_factory=lambda: Rule("sensitivity", 0.9))
    """By which the hospital's own cut-off is chosen."""
    recalibration: str = "platt"
    """ "shift", "temperature", "platt" or "isotonic", see `fit_recalibration`."""
    folds: int = 5
    """Parts of the cases, each of which is judged by what was fitted on the others."""
    few: int = 5
    """Cases of a kind in a subgroup below which it is not compared."""
    intervals: IntervalSettings = field(default_factory=IntervalSettings)

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "width"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise ValueError(f"need a {name} between 0 and 1, got {value}")
        if self.recalibration not in KINDS:
            raise ValueError(f'need a recalibration among {", ".join(KINDS)}, got "{self.recalibration}"')
        if self.folds < 2 or self.few < 2:
            raise ValueError(f"need 2 folds or more and groups of 2 or more, got {self.folds} and {self.few}")

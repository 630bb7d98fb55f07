"""Truth, scores and a rule in; the cut-off that the rule chooses on these cases out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.roc import roc_curve

__all__ = ["RULES", "CutOff", "Rule", "choose_cut_off", "read_rule"]

RULES = ("youden", "sensitivity", "specificity")


@dataclass(frozen=True)
class Rule:
    """How a cut-off is chosen."""

    kind: str
    """ "youden": sensitivity + specificity as large as possible; "sensitivity" or "specificity": at least `target`,
    and the other one as large as possible."""
    target: float | None = None
    """Between 0 and 1; None for youden."""

    def __post_init__(self) -> None:
        if self.kind not in RULES:
            raise ValueError(f'need a rule among {", ".join(RULES)}, got "{self.kind}"')
        if (self.kind == "youden") != (self.target is None):
            raise ValueError(f"youden has no target, the other rules need one; got {self.kind} with {self.target}")
        if self.target is not None and not 0 < self.target <= 1:
            raise ValueError(f"need a target above 0, at most 1, got {self.target}")

    def __str__(self) -> str:
        return self.kind if self.target is None else f"{self.kind} of at least {self.target:g}"


@dataclass(frozen=True)
class CutOff:
    """A threshold, and what it gave on the cases it was chosen on: there it looks better than it is."""

    rule: Rule
    threshold: float
    """A case is called positive at a score of at least this."""
    sensitivity: float
    """On the cases it was chosen on."""
    specificity: float
    positives: int
    """Cases with the condition that it was chosen on."""
    negatives: int


def read_rule(text: str) -> Rule:
    """Read a rule as users write it: youden, sensitivity=0.95 or specificity=0.9.

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> read_rule("sensitivity=0.95")
    Rule(kind='sensitivity', target=0.95)
    """
    kind, equals, target = text.partition("=")
    try:
        return Rule(kind.strip(), float(target) if equals else None)
    except ValueError as error:
        raise ValueError(f'cannot take "{text}" for a cut-off: {error}; write youden or sensitivity=0.95') from error


def choose_cut_off(positive: npt.ArrayLike, scores: npt.ArrayLike, rule: Rule) -> CutOff:
    """Choose a cut-off half-way between two neighbouring scores, so that other cases may fall on either side.

    Parameters
    ----------
    positive, scores : as in `auc`
    rule : with equal claims, the one with the larger sensitivity + specificity, then with the larger sensitivity

    Raises
    ------
    ValueError
        As in `auc`; or if all scores are equal.

    References
    ----------
    W. J. Youden, Index for rating diagnostic tests, Cancer 3 (1950) 32-35.

    Examples
    --------
    >>> choose_cut_off([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9], Rule("youden")).threshold
    0.5
    """
    curve = roc_curve(positive, scores)
    sensitivity, specificity = curve.sensitivity, curve.specificity
    if len(curve.thresholds) < 3:
        raise ValueError("all scores are equal, so that no cut-off tells cases apart; need scores that differ")
    index_sum = sensitivity + specificity
    tolerance = 1e-12
    if rule.kind == "youden":
        allowed = np.ones(len(sensitivity), dtype=bool)
        aim = index_sum
    else:
        assert rule.target is not None
        kept, aim = (sensitivity, specificity) if rule.kind == "sensitivity" else (specificity, sensitivity)
        allowed = kept >= rule.target - tolerance
    best = aim[allowed].max()
    claims = np.flatnonzero(allowed & (aim >= best - tolerance))
    chosen = max(claims.tolist(), key=lambda k: (round(float(index_sum[k]), 12), float(sensitivity[k])))
    truth = np.asarray(positive, dtype=bool)
    return CutOff(
        rule,
        _between(curve.thresholds, chosen),
        float(sensitivity[chosen]),
        float(specificity[chosen]),
        int(truth.sum()),
        int((~truth).sum()),
    )


def _between(thresholds: npt.NDArray[np.float64], chosen: int) -> float:
    """Give the middle between the lowest score called positive and the next one below it."""
    if chosen == 0:  # no case is called positive
        return float(np.nextafter(thresholds[1], np.inf))
    if chosen == len(thresholds) - 1:  # every case is
        return float(thresholds[-1])
    return float((thresholds[chosen] + thresholds[chosen + 1]) / 2)

"""True classes and a panel's reported accuracies in; SIMULATED answers of its readers out."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from pleura.errors import CohortError, RecipeError
from pleura.evaluation.readers.table import Answers

__all__ = ["Panel", "read_panel", "simulate_readers", "ucadi_panel"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What is known, and what is assumed, of some readers."""

    target: str
    """The class that sensitivity and specificity are about."""
    names: tuple[str, ...]
    tiers: tuple[str, ...]
    """Of each reader, for instance by experience."""
    sensitivity: tuple[float, ...]
    """Of each reader, for the target against the rest; between 0 and 1, both excluded."""
    specificity: tuple[float, ...]
    correlation: float
    """Of two readers' latent difficulty on a case, 0 to 1."""
    right_within_rest: float
    """Probability of the right class for a case of another class that is not called the target."""
    lookalike: Mapping[str, float]
    """Other class -> how easily it is taken for the target, on the probit scale; 0 where not named."""
    mistaken: Mapping[str, float]
    """Other class -> relative frequency among the answers on a missed target; 1 where not named."""

    def __post_init__(self) -> None:
        lengths = {len(self.names), len(self.tiers), len(self.sensitivity), len(self.specificity)}
        if len(lengths) != 1 or not self.names or len(set(self.names)) < len(self.names):
            raise RecipeError("a panel needs different names, and as many tiers, sensitivities and specificities")
        if any(not 0 < rate < 1 for rate in (*self.sensitivity, *self.specificity)):
            raise RecipeError("a panel's sensitivities and specificities must lie between 0 and 1, both excluded")
        if not 0 <= self.correlation < 1 or not 0 <= self.right_within_rest <= 1:
            raise RecipeError("a panel needs 0 <= correlation < 1 and 0 <= right_within_rest <= 1")
        if any(not 0 < weight < float("inf") for weight in self.mistaken.values()):
            raise RecipeError("a panel's [mistaken] frequencies must be positive")


def ucadi_panel() -> Panel:
    """Give the six radiologists of the UCADI paper.

    Their sensitivities and specificities for COVID-19 are the paper's (means 79 % and 90 %); how readers agree, and
    what they answer within the other classes, is assumed, see `ucadi_six.toml`.

    References
    ----------
    Y. Xu and others, A collaborative online AI engine for CT-based COVID-19 diagnosis, medRxiv 2020.05.10.20096073,
    Results, section "Building AI model using pooled data", and Figure 4a.
    """
    return read_panel(files("pleura.evaluation.readers").joinpath("ucadi_six.toml").read_text(encoding="utf-8"))


def read_panel(text: str) -> Panel:
    """Read a panel from TOML laid out as `ucadi_six.toml`.

    Raises
    ------
    RecipeError
        If it is not TOML, a key is missing, or a value is out of its range.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
        readers, model = table["readers"], table["model"]
        return Panel(
            target=table["target"],
            names=tuple(readers["names"]),
            tiers=tuple(readers["tiers"]),
            sensitivity=tuple(readers["sensitivity"]),
            specificity=tuple(readers["specificity"]),
            correlation=model["correlation"],
            right_within_rest=model["right_within_rest"],
            lookalike=dict(table.get("lookalike", {})),
            mistaken=dict(table.get("mistaken", {})),
        )
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"a panel of readers must be TOML: {error}") from error
    except KeyError as error:
        raise RecipeError(f"a panel of readers has no key {error}; see ucadi_six.toml") from error


def simulate_readers(
    cases: Sequence[str], truth: npt.ArrayLike, classes: Sequence[str], *, panel: Panel, seed: int
) -> Answers:
    """Draw answers of a panel that never looked at an image.

    Each case has a difficulty u and each reader a mood e on it, both standard normal; their mix
    z = sqrt(correlation) u + sqrt(1 - correlation) e is standard normal again. A case of the target is recognised
    where z < probit(sensitivity). A case of another class is taken for the target where z > t - lookalike(class), with
    t such that over the cases at hand the panel's specificity comes out. So each reader has the given accuracies in
    expectation, difficult cases are missed together, and some classes are confused with the target more than others.
    Within the other classes, whether a reader is right and which mistake is made are drawn in the same way, each from
    a difficulty of its own, so that readers share these mistakes too.

    Parameters
    ----------
    cases : names
    truth : (cases,), index into `classes`
    classes : names; the panel's target is one of them
    panel : the readers
    seed : the same seed gives the same answers

    Returns
    -------
    Answers marked as simulated; each reader's name begins with "SIMULATED".

    Raises
    ------
    CohortError
        If the target is no class, or there is no case of it or of the others.
    """
    true = np.asarray(truth, dtype=np.int64)
    if panel.target not in classes:
        raise CohortError(f"no class {panel.target} among {', '.join(classes)}; the panel's accuracies are about it")
    target = list(classes).index(panel.target)
    is_target = true == target
    if is_target.all() or not is_target.any():
        raise CohortError(
            f"the panel needs cases of {panel.target} and of other classes, got {int(is_target.sum())} of"
        )
    generator = np.random.default_rng(seed)
    shared = generator.standard_normal((3, len(true)))
    offsets = np.array([panel.lookalike.get(name, 0.0) for name in classes])[true]
    answers = []
    for sensitivity, specificity in zip(panel.sensitivity, panel.specificity, strict=True):
        own = generator.standard_normal(shared.shape)
        z = np.sqrt(panel.correlation) * shared + np.sqrt(1 - panel.correlation) * own
        bound = _threshold(specificity, offsets[~is_target])
        says_target = np.where(is_target, z[0] < ndtri(sensitivity), z[0] > bound - offsets)
        other = _within_rest(true, target, classes, panel, ndtr(z[1:]))
        answers.append(np.where(says_target, target, other))
    return Answers(
        readers=tuple(f"SIMULATED {name}" for name in panel.names),
        cases=tuple(cases),
        classes=tuple(classes),
        answers=np.stack(answers),
        tiers=tuple(f"SIMULATED {tier}" for tier in panel.tiers),
        simulated=True,
    )


def _threshold(specificity: float, offsets: Floats) -> float:
    """Find t with mean over cases of P(z > t - offset) = 1 - specificity."""
    reach = 10 + float(np.abs(offsets).max())
    return float(brentq(lambda t: float(ndtr(t - offsets).mean()) - specificity, -reach, reach))


def _within_rest(
    true: npt.NDArray[np.int64], target: int, classes: Sequence[str], panel: Panel, draws: Floats
) -> npt.NDArray[np.int64]:
    """Answer for each case, given that it is not the target; draws are (2, cases), uniform from 0 to 1."""
    others = np.array([k for k in range(len(classes)) if k != target], dtype=np.int64)
    frequency = np.array([panel.mistaken.get(classes[k], 1.0) for k in others])
    answer = np.empty(len(true), dtype=np.int64)
    for case, k in enumerate(true):
        wrong = others != k
        if (k != target and draws[0, case] < panel.right_within_rest) or not wrong.any():
            answer[case] = k
            continue
        chances = np.cumsum(frequency[wrong]) / frequency[wrong].sum()
        answer[case] = others[wrong][np.searchsorted(chances, draws[1, case], side="right").clip(max=wrong.sum() - 1)]
    return answer

"""True classes and class probabilities in; accuracy, and each class against the rest, with intervals out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.counts import count
from pleura.evaluation.intervals.bootstrap import count_patients, repeats, resample_weights
from pleura.evaluation.intervals.delong import KINDS, auc_interval
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.intervals.proportions import KINDS as PROPORTION_KINDS
from pleura.evaluation.intervals.proportions import Proportion, clopper_pearson, clustered, wilson
from pleura.evaluation.intervals.ratios import LikelihoodRatios, clustered_ratios, likelihood_ratios
from pleura.evaluation.roc import AT_ONCE, auc, weighted_auc

__all__ = ["ClassResult", "IntervalSettings", "Result", "evaluate_answers", "evaluate_classes"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class IntervalSettings:
    """How intervals are made."""

    confidence: float = 0.95
    """Of every interval."""
    auc: str = "delong-logit"
    """ "delong-logit" or "delong", see `auc_interval`, or "bootstrap"; this where a patient has several cases."""
    proportions: str = "wilson"
    """ "wilson", "clopper-pearson" or "bootstrap"; the bootstrap where a patient has several cases."""
    resamples: int = 2000
    """Of the bootstrap over patients."""
    seed: int = 0
    """Of the bootstrap."""

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise ValueError(f"need a confidence between 0 and 1, got {self.confidence}")
        if self.auc not in (*KINDS, "bootstrap"):
            raise ValueError(f'need an AUC interval of kind {", ".join(KINDS)} or bootstrap, got "{self.auc}"')
        if self.proportions not in PROPORTION_KINDS:
            raise ValueError(
                f'need an interval of proportions among {", ".join(PROPORTION_KINDS)}, got "{self.proportions}"'
            )
        if self.resamples < 100:
            raise ValueError(f"need 100 resamples or more, got {self.resamples}")


@dataclass(frozen=True)
class ClassResult:
    """One class against the rest; None where there is no case to count."""

    name: str
    positives: int
    """Cases of the class."""
    negatives: int
    """All other cases."""
    sensitivity: Proportion | None
    specificity: Proportion | None
    ppv: Proportion | None
    npv: Proportion | None
    f1: Estimate | None
    auc: Estimate | None
    lr_positive: Estimate | None = None
    """Likelihood ratio of a positive answer, sensitivity / (1 - specificity); may be infinite."""
    lr_negative: Estimate | None = None
    """Likelihood ratio of a negative answer, (1 - sensitivity) / specificity."""


@dataclass(frozen=True)
class Result:
    """All classes together."""

    cases: int
    patients: int
    """As many as cases where no patients were named."""
    accuracy: Proportion
    balanced_accuracy: Estimate | None
    """Mean of the classes' sensitivities, over the classes that occur."""
    macro_specificity: Estimate | None
    """Mean over the classes that occur; so are the two below."""
    macro_f1: Estimate | None
    macro_auc: Estimate | None
    classes: tuple[ClassResult, ...]
    confusion: npt.NDArray[np.int64]
    """(classes, classes): rows are the truth, columns the answer."""
    micro_auc: Estimate | None = None
    """Over all pairs of a case and a class; None for two classes. Micro sensitivity, PPV and F1 are all the accuracy,
    since each case has one class and one answer."""

    @property
    def clustered(self) -> bool:
        """Whether a patient has several cases, so that intervals come from resampling patients."""
        return self.patients < self.cases


def evaluate_classes(
    truth: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    *,
    patients: Sequence[str] | None = None,
    threshold: float | None = None,
    settings: IntervalSettings | None = None,
) -> Result:
    """Compare class probabilities with the truth.

    Parameters
    ----------
    truth : (cases,), index into `classes`
    probabilities : (cases, classes)
    classes : names, in order
    patients : (cases,), or None where each case is a patient of its own
    threshold : None to call a case its most probable class (the first of equals); else each class against the rest is
        called where its probability is at least this, while accuracy and confusion stay with the most probable class
    settings : of the intervals

    Raises
    ------
    ValueError
        If there is no case, shapes do not fit, or a truth is not an index of a class.
    """
    true = np.asarray(truth, dtype=np.int64)
    p = np.asarray(probabilities, dtype=np.float64)
    count_of = len(classes)
    if true.ndim != 1 or len(true) == 0 or p.shape != (len(true), count_of):
        raise ValueError(f"need truths (cases,) and probabilities (cases, {count_of}), got {true.shape} and {p.shape}")
    answer = p.argmax(axis=1)
    called = answer[:, None] == np.arange(count_of) if threshold is None else p >= threshold
    return evaluate_answers(true, answer, classes, called=called, scores=p, patients=patients, settings=settings)


def evaluate_answers(
    truth: npt.ArrayLike,
    answers: npt.ArrayLike,
    classes: Sequence[str],
    *,
    called: Bools | None = None,
    scores: Floats | None = None,
    patients: Sequence[str] | None = None,
    settings: IntervalSettings | None = None,
) -> Result:
    """Compare answers, of a model or a reader, with the truth.

    Without repeated patients, proportions have Wilson's interval (or the one that was asked for), likelihood ratios the
    score interval, and AUCs DeLong's. With them, all intervals come from a bootstrap over patients. F1 and the means
    over classes are no proportions and always have the bootstrap.

    Parameters
    ----------
    truth, answers : (cases,), index into `classes`
    classes : names, in order
    called : (cases, classes), what each class against the rest is called; the answer by default
    scores : (cases, classes), higher for the class; None gives no AUC
    patients, settings : as in `evaluate_classes`

    Raises
    ------
    ValueError
        As `evaluate_classes`; or if an answer is not an index of a class.
    """
    settings = settings or IntervalSettings()
    true, said = np.asarray(truth, dtype=np.int64), np.asarray(answers, dtype=np.int64)
    _check(true, said, len(classes), patients)
    columns = np.arange(len(classes))
    is_class = true[:, None] == columns
    called = said[:, None] == columns if called is None else called
    weights = resample_weights(true, patients, resamples=settings.resamples, seed=settings.seed)
    once = np.ones((1, len(true)))
    point, resampled = count(is_class, called, once), count(is_class, called, weights)
    area, areas = (_areas(is_class, scores, w) for w in (once, weights))
    grouped = repeats(patients)
    sizes = [min(count_patients(side, patients) for side in (is_k, ~is_k)) for is_k in is_class.T]
    smallest = min(count_patients(is_k, patients) for is_k in is_class.T if is_k.any())

    def proportion(counted: Bools, hit: Bools, values: Floats) -> Proportion | None:
        total, hits = int(counted.sum()), int((counted & hit).sum())
        if total == 0:
            return None
        if not grouped and settings.proportions == "wilson":
            return wilson(hits, total, confidence=settings.confidence)
        if not grouped and settings.proportions == "clopper-pearson":
            return clopper_pearson(hits, total, confidence=settings.confidence)
        return clustered(hits, total, values, count_patients(counted, patients), confidence=settings.confidence)

    def mean(values: Floats, resampled_values: Floats) -> Estimate | None:
        occurring = is_class.any(axis=0) & ~np.isnan(values[0])
        if not occurring.any():
            return None
        return percentile(
            float(values[0, occurring].mean()),
            resampled_values[:, occurring].mean(axis=1),
            patients=smallest,
            confidence=settings.confidence,
        )

    right = true == said
    accuracy = proportion(np.ones(len(true), dtype=bool), right, weights @ right / weights.sum(axis=1))
    assert accuracy is not None
    results = []
    for k, name in enumerate(classes):
        is_k, called_k = is_class[:, k], called[:, k]
        drawn = (resampled.sensitivity[:, k], resampled.specificity[:, k]) if grouped else None
        ratios = _ratios(is_k, called_k, drawn, sizes[k], settings.confidence)
        results.append(
            ClassResult(
                name=name,
                positives=int(is_k.sum()),
                negatives=int((~is_k).sum()),
                sensitivity=proportion(is_k, called_k, resampled.sensitivity[:, k]),
                specificity=proportion(~is_k, ~called_k, resampled.specificity[:, k]),
                ppv=proportion(called_k, is_k, resampled.ppv[:, k]),
                npv=proportion(~called_k, ~is_k, resampled.npv[:, k]),
                f1=percentile(
                    float(point.f1[0, k]), resampled.f1[:, k], patients=sizes[k], confidence=settings.confidence
                ),
                auc=_area(
                    is_k, scores, k, areas[:, k], sizes[k] if grouped or settings.auc == "bootstrap" else None, settings
                ),
                lr_positive=ratios.positive,
                lr_negative=ratios.negative,
            )
        )
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (true, said), 1)
    answered = said[:, None] == columns
    at_answer, answers_resampled = count(is_class, answered, once), count(is_class, answered, weights)
    return Result(
        cases=len(true),
        patients=len(set(patients)) if patients is not None else len(true),
        accuracy=accuracy,
        balanced_accuracy=mean(at_answer.sensitivity, answers_resampled.sensitivity),
        macro_specificity=mean(point.specificity, resampled.specificity),
        macro_f1=mean(point.f1, resampled.f1),
        macro_auc=mean(area, areas),
        classes=tuple(results),
        confusion=confusion,
        micro_auc=_micro(is_class, scores, weights, smallest, settings.confidence),
    )


def _areas(is_class: Bools, scores: Floats | None, weights: Floats) -> Floats:
    """AUC of each class under each weighting, (weightings, classes); NaN where there is none."""
    found = np.full((len(weights), is_class.shape[1]), np.nan)
    for k in range(is_class.shape[1]):
        if scores is not None and is_class[:, k].any() and not is_class[:, k].all():
            found[:, k] = weighted_auc(is_class[:, k], scores[:, k], weights)
    return found


def _micro(
    is_class: Bools, scores: Floats | None, weights: Floats, smallest: int, confidence: float
) -> Estimate | None:
    """AUC over all pairs of case and class; the pairs of a case go together, so that only patients can be resampled."""
    if scores is None or is_class.shape[1] < 3:
        return None
    every, flat = is_class.ravel(), scores.ravel()
    parts = np.array_split(weights, max(1, weights.size * is_class.shape[1] // AT_ONCE))
    resampled = np.concatenate([weighted_auc(every, flat, np.repeat(w, is_class.shape[1], axis=1)) for w in parts])
    return percentile(auc(every, flat), resampled, patients=smallest, confidence=confidence)


def _ratios(
    is_k: Bools, called_k: Bools, drawn: tuple[Floats, Floats] | None, size: int, confidence: float
) -> LikelihoodRatios:
    positives, negatives = int(is_k.sum()), int((~is_k).sum())
    if min(positives, negatives) == 0:
        return LikelihoodRatios(None, None)
    counts = (int((is_k & called_k).sum()), positives, int((~is_k & called_k).sum()), negatives)
    if drawn is None:
        return likelihood_ratios(*counts, confidence=confidence)
    return clustered_ratios(*counts, *drawn, patients=size, confidence=confidence)


def _area(
    is_k: Bools, scores: Floats | None, k: int, resampled: Floats, size: int | None, settings: IntervalSettings
) -> Estimate | None:
    if scores is None or is_k.all() or not is_k.any():
        return None
    if size is not None:
        return percentile(auc(is_k, scores[:, k]), resampled, patients=size, confidence=settings.confidence)
    return auc_interval(is_k, scores[:, k], kind=settings.auc, confidence=settings.confidence)


def _check(
    true: npt.NDArray[np.int64], said: npt.NDArray[np.int64], classes: int, patients: Sequence[str] | None
) -> None:
    if true.ndim != 1 or len(true) == 0 or said.shape != true.shape:
        raise ValueError(f"need truths and answers (cases,), got {true.shape} and {said.shape}")
    for name, values in (("truths", true), ("answers", said)):
        if values.min() < 0 or values.max() >= classes:
            raise ValueError(f"need {name} from 0 to {classes - 1}, got {values.min()} to {values.max()}")
    if patients is not None and len(patients) != len(true):
        raise ValueError(f"need a patient a case, got {len(patients)} for {len(true)} cases")

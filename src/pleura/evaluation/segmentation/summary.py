"""Compared cases in; means over patients with intervals, all together and by label and hospital, out.

Dice and distances are means over the cases in which there is something to be found. The error of the volume and of the
ratio are over all cases, those without a lesion included. Of these it is said apart how much was found in them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.agreement.limits import Agreement, limits_of_agreement
from pleura.evaluation.intervals.bootstrap import count_patients, resample_weights
from pleura.evaluation.intervals.estimate import Estimate, percentile
from pleura.evaluation.segmentation.cases import SegmentedCase

__all__ = ["FALSE_ML", "SegmentationReport", "Summary", "paired_ratios", "summarise"]

Numbers = npt.NDArray[np.float64]

FALSE_ML = 1.0
"""More lesion than this where there is none is a false finding."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How well the masks of some cases agree with their truths; a measure is None where no case has it."""

    cases: int
    patients: int
    with_lesion: int
    """Cases in which there is something to be found."""
    dice: Estimate | None
    """Mean over the cases with lesion, each taken as a volume."""
    dice_least: float | None
    """Of the cases with lesion."""
    dice_median: float | None
    hausdorff95_mm: Estimate | None
    """Mean over the cases with lesion in which some was found."""
    surface_mm: Estimate | None
    """The same of the mean distance."""
    missed: int
    """Cases with lesion in which none was found."""
    volume_ml: Estimate | None
    """Mean of the volume found less the true one, over all cases."""
    volume_rmse_ml: Estimate | None
    ratio_rmse: Estimate | None
    """Root of the mean squared error of lesion over lung, over all cases with a lung mask."""
    without_lesion: int
    false_findings: int
    """Cases without lesion in which more than 1 ml was found."""
    false_ml: float | None
    """Mean volume found in the cases without lesion."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SegmentationReport:
    """All cases, and parts of them."""

    overall: Summary
    by_label: Mapping[str, Summary]
    by_hospital: Mapping[str, Summary]
    agreement: Agreement | None
    """Of lesion over lung, found less true; None with fewer than three patients."""
    confidence: float
    resamples: int
    seed: int


def summarise(
    cases: Sequence[SegmentedCase], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> SegmentationReport:
    """Summarise compared cases.

    Intervals are percentiles over resamples of patients, all cases of a patient together, as many with and without
    lesion as there are.

    Parameters
    ----------
    cases : one or more, none twice
    confidence, resamples, seed : of the intervals

    Raises
    ------
    ValueError
        If there is no case, or one stands twice.
    """
    names = [one.case for one in cases]
    if not names or len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"need one case or more, none twice, got {len(names)}; twice: {', '.join(twice) or 'none'}")

    def part(chosen: Sequence[SegmentedCase]) -> Summary:
        return _summary(chosen, confidence=confidence, resamples=resamples, seed=seed)

    def parts(key: Callable[[SegmentedCase], str]) -> dict[str, Summary]:
        known = [key(one) for one in cases if key(one)]
        return {name: part([one for one in cases if key(one) == name]) for name in dict.fromkeys(known)}

    found, true = paired_ratios(cases)
    return SegmentationReport(
        overall=part(cases),
        by_label=parts(lambda one: one.label),
        by_hospital=parts(lambda one: one.hospital),
        agreement=limits_of_agreement(found, true, confidence=confidence) if len(found) >= 3 else None,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def paired_ratios(cases: Sequence[SegmentedCase]) -> tuple[Numbers, Numbers]:
    """Give each patient's mean ratio as found and as it is, of the cases with a lung mask; (patients,) each."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for one in cases:
        if one.found_ratio is not None and one.truth_ratio is not None:
            pairs.setdefault(one.patient, []).append((one.found_ratio, one.truth_ratio))
    means = np.array([np.mean(values, axis=0) for values in pairs.values()]).reshape(-1, 2)
    return means[:, 0], means[:, 1]


def _summary(cases: Sequence[SegmentedCase], *, confidence: float, resamples: int, seed: int) -> Summary:
    scores = [one.comparison for one in cases]
    patients = [one.patient for one in cases]
    filled = np.array([one.truth_ml > 0 for one in scores])
    weights = resample_weights(filled.astype(np.int64), patients, resamples=resamples, seed=seed)
    found = np.array([one.found_ml for one in scores])

    def mean(values: Sequence[float | None], *, root: bool = False) -> Estimate | None:
        """Mean over the cases that have the value, or its root, with the interval."""
        row = np.array([np.nan if value is None else value for value in values])
        there = ~np.isnan(row)
        if not there.any():
            return None
        share = weights[:, there]
        total = share.sum(axis=1)
        resampled = np.full(len(share), np.nan)
        np.divide(share @ row[there], total, out=resampled, where=total > 0)
        value = float(row[there].mean())
        if root:
            value, resampled = float(np.sqrt(value)), np.sqrt(resampled)
        return percentile(value, resampled, patients=count_patients(there, patients), confidence=confidence)

    errors = [one.found_ml - one.truth_ml for one in scores]
    ratios = [
        None if one.found_ratio is None or one.truth_ratio is None else one.found_ratio - one.truth_ratio
        for one in cases
    ]
    dice = [one.dice for one in scores if one.dice is not None]
    return Summary(
        cases=len(cases),
        patients=len(set(patients)),
        with_lesion=int(filled.sum()),
        dice=mean([one.dice for one in scores]),
        dice_least=min(dice, default=None),
        dice_median=float(np.median(dice)) if dice else None,
        hausdorff95_mm=mean([one.hausdorff95_mm for one in scores]),
        surface_mm=mean([one.surface_mm for one in scores]),
        missed=int((filled & (found == 0)).sum()),
        volume_ml=mean(errors),
        volume_rmse_ml=mean([error**2 for error in errors], root=True),
        ratio_rmse=mean([None if error is None else error**2 for error in ratios], root=True),
        without_lesion=int((~filled).sum()),
        false_findings=int((~filled & (found > FALSE_ML)).sum()),
        false_ml=float(found[~filled].mean()) if (~filled).any() else None,
    )

"""Scores of readers on cases, some perhaps unread, in; means over readers with U-statistic variances out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.evaluation.readers.mrmc.merits import MERITS

__all__ = ["UStatistics", "difference", "each", "u_statistics", "unbiased_covariance"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CLASSES = ("same cases", "same positive", "same negative", "neither")
"""Of two pairs of a positive and a negative case, what they share."""
AT_ONCE = 2_000_000
"""Comparisons of a positive with a negative case that are held in memory together."""


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over pairs of comparisons by what they share, ordered as CLASSES, each class without the others."""

    values: Floats
    """(..., classes, scores, scores)."""
    counts: Floats
    """The same of the design."""
    base: int
    """The class whose mean product estimates the product of two means: the pair shares as little as it can."""


@dataclass(frozen=True, eq=False)
class UStatistics:
    """Means over readers under each condition with everything that their variances are made of."""

    value: Floats
    """(..., conditions). Readers count by the number of comparisons they made: equally where all read the same."""
    covariance: Floats
    """(..., conditions, conditions), unbiased over readers and cases, so that a variance may come out negative."""
    of_factors: Floats
    """(..., conditions, conditions, 3): components of readers, positive and negative cases, from biased moments."""
    factor_df: Floats
    """(conditions, conditions, 3): how many of each there are in effect, less one."""


def u_statistics(scores: npt.ArrayLike, positive: npt.ArrayLike, merit: str = "auc") -> UStatistics:
    """Estimate means over random readers and random cases, for any design: NaN where a reader has not read a case.

    The variance of a mean of products of readers, positives and negatives is a sum of eight moments: mean products of
    two comparisons that share the reader or not, the positive case or not, the negative case or not. Each moment is
    estimated without bias from all such pairs in the data, and weighted by its share of all pairs.

    Parameters
    ----------
    scores : (..., conditions, readers, cases); NaN in the same places in all studies. Calls, 0 or 1, for sensitivity
        and specificity. Readers may have read under one condition alone
    positive : (cases,)
    merit : one of `MERITS`

    Raises
    ------
    ValueError
        If a condition has fewer than two readers, or no two readers with different cases of each kind.

    References
    ----------
    B. D. Gallas, One-shot estimate of MRMC variance: AUC, Academic Radiology 13 (2006) 353-362. B. D. Gallas, A.
    Bandos, F. W. Samuelson, R. F. Wagner, A framework for random-effects ROC analysis: biases with the bootstrap and
    other variance estimators, Communications in Statistics - Theory and Methods 38 (2009) 2586-2603.
    """
    values = np.asarray(scores, dtype=np.float64)
    many, readers = values.shape[-3:-1]
    flat = values.reshape(*values.shape[:-3], many * readers, values.shape[-1])
    sums, means = _pair_sums(flat, np.asarray(positive, dtype=bool), merit)
    by_condition = (*sums.values.shape[:-2], many, readers, many, readers)
    totals = sums.values.reshape(by_condition)
    counts = sums.counts.reshape(len(CLASSES), many, readers, many, readers)
    same = np.einsum("...iaka->...ik", totals), np.einsum("...iaka->...ik", counts)
    every = totals.sum(axis=(-3, -1)), counts.sum(axis=(-3, -1))
    eight = (
        np.concatenate([same[0], every[0] - same[0]], axis=-3),
        np.concatenate([same[1], every[1] - same[1]], axis=-3),
    )
    base = len(CLASSES) + sums.base
    if (eight[1][base] <= 0).any():
        raise ValueError(
            "need two readers or more under every condition, with two cases or more of those the merit is about, to "
            "tell the variance of readers from that of cases; with fewer take readers as fixed"
        )
    of_factors, factor_df = _factors(eight[0], eight[1], sums.base)
    total, number = (part.reshape(*part.shape[:-1], many, readers).sum(axis=-1) for part in means)
    return UStatistics(
        value=total / number,
        covariance=_covariance(eight[0], eight[1], base),
        of_factors=of_factors,
        factor_df=factor_df,
    )


def each(found: UStatistics) -> tuple[Floats, Floats, Floats]:
    """Value, variance and degrees of freedom of each condition, each (..., conditions); see `difference`."""
    own = np.arange(found.value.shape[-1])
    variance = found.covariance[..., own, own]
    return found.value, variance, _df(variance, found.of_factors[..., own, own, :], found.factor_df[own, own])


def difference(found: UStatistics, one: int, other: int) -> tuple[Floats, Floats, Floats]:
    """Difference of two conditions with its variance and degrees of freedom, each (...).

    Degrees of freedom after Satterthwaite, from the contributions of readers, positives and negatives, not fewer than
    the smallest of their three; this is what the program iMRMC does, which then rounds down. NaN where the variance is
    not positive.

    References
    ----------
    N. A. Obuchowski, B. D. Gallas, S. L. Hillis, Multi-reader ROC studies with split-plot designs: a comparison of
    statistical methods, Academic Radiology 19 (2012) 1508-1517.
    """
    spread, parts = found.covariance, found.of_factors
    variance = spread[..., one, one] + spread[..., other, other] - 2 * spread[..., one, other]
    components = parts[..., one, one, :] + parts[..., other, other, :] - 2 * parts[..., one, other, :]
    df = np.minimum(found.factor_df[one, one], found.factor_df[other, other])
    return found.value[..., one] - found.value[..., other], variance, _df(variance, components, df)


def unbiased_covariance(scores: npt.ArrayLike, positive: npt.ArrayLike, merit: str = "auc") -> tuple[Floats, Floats]:
    """Figures of merit and their error covariance, readers held, without bias, for any design; NaN where not read.

    Returns
    -------
    Values (..., conditions, readers), and their covariance (..., conditions x readers, conditions x readers), for
    `obuchowski_rockette`; 0 for readers without a case in common.

    References
    ----------
    B. D. Gallas, G. A. Pennello, K. J. Myers, Multireader multicase variance analysis for binary data, Journal of the
    Optical Society of America A 24 (2007) B70-B80.
    """
    values = np.asarray(scores, dtype=np.float64)
    flat = values.reshape(*values.shape[:-3], -1, values.shape[-1])
    sums, (total, number) = _pair_sums(flat, np.asarray(positive, dtype=bool), merit)
    if (sums.counts[sums.base] <= 0).any():
        raise ValueError("every reader must have read two cases or more of those the merit is about, in all conditions")
    return (total / number).reshape(values.shape[:-1]), _covariance(sums.values, sums.counts, sums.base)


def _pair_sums(scores: Floats, truth: Bools, merit: str) -> tuple[_Sums, tuple[Floats, Floats]]:
    """Sum products over pairs of comparisons; give also each score's sum of comparisons, and their number."""
    if merit not in MERITS:
        raise ValueError(f'need a figure of merit {", ".join(MERITS)}, got "{merit}"')
    read = ~np.isnan(scores.reshape(-1, *scores.shape[-2:])[0])
    positives, negatives = scores[..., truth], scores[..., ~truth]
    there = read[:, truth].astype(np.float64), read[:, ~truth].astype(np.float64)
    if merit == "sensitivity":
        kernel, design = np.nan_to_num(positives)[..., None], there[0][..., None]
        sums, total = _of_kernel(kernel)
    elif merit == "specificity":
        kernel, design = (np.nan_to_num(1 - negatives) * there[1])[..., None, :], there[1][..., None, :]
        sums, total = _of_kernel(kernel)
    else:
        design = there[0][..., None] * there[1][..., None, :]
        sums, total = _compared(positives, negatives)
    counts, number = _of_kernel(design)
    base = {"auc": 3, "sensitivity": 2, "specificity": 1}[merit]
    return _Sums(_apart(sums), _apart(counts), base), (total, number)


def _compared(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Sum products for the AUC: a comparison is won (1), tied (half) or lost (0); a few positives at a time."""
    at_once = max(1, AT_ONCE // max(1, int(np.prod(negatives.shape))))
    both: Floats = np.zeros(())
    same_positive: Floats = np.zeros(())
    by_negative: Floats = np.zeros(negatives.shape)
    for start in range(0, positives.shape[-1], at_once):
        above = positives[..., start : start + at_once, None] - negatives[..., None, :]
        kernel = np.nan_to_num(np.where(np.isnan(above), 0.0, (np.sign(above) + 1) / 2))
        first = kernel.reshape(*kernel.shape[:-2], -1)
        rows = kernel.sum(axis=-1)
        both = both + _products(first)
        same_positive = same_positive + _products(rows)
        by_negative = by_negative + kernel.sum(axis=-2)
    total = by_negative.sum(axis=-1)
    return np.stack([both, same_positive, _products(by_negative), total[..., :, None] * total[..., None, :]], -3), total


def _of_kernel(kernel: Floats) -> tuple[Floats, Floats]:
    """Sum products of a kernel (..., scores, positives, negatives), ordered as CLASSES; pairs may share more."""
    total = kernel.sum(axis=(-2, -1))
    sums = [
        _products(kernel.reshape(*kernel.shape[:-2], -1)),
        _products(kernel.sum(axis=-1)),
        _products(kernel.sum(axis=-2)),
        total[..., :, None] * total[..., None, :],
    ]
    return np.stack(sums, axis=-3), total


def _products(rows: Floats) -> Floats:
    return np.asarray(rows @ np.swapaxes(rows, -1, -2))


def _apart(sums: Floats) -> Floats:
    """Take from each class the pairs that share more."""
    both, positive, negative, every = np.moveaxis(sums, -3, 0)
    return np.stack([both, positive - both, negative - both, every - positive - negative + both], axis=-3)


def _covariance(values: Floats, counts: Floats, base: int) -> Floats:
    """Weigh each class's mean product by its share, and take off the product of the means."""
    share = counts / counts.sum(axis=0)
    mean = np.where(counts > 0, values / np.where(counts > 0, counts, 1.0), 0.0)
    return np.asarray((share * mean).sum(axis=-3) - mean[..., base, :, :])


def _factors(values: Floats, counts: Floats, base: int) -> tuple[Floats, Floats]:
    """Biased components of readers, positives and negatives, and the degrees of freedom of each.

    A biased moment takes all pairs that share a factor, whatever else they share, so that it has a variance's sign.
    """
    every = values.sum(axis=-3) / counts.sum(axis=0)
    sharing = {"reader": (0, 1, 2, 3), "positive": (0, 1, 4, 5), "negative": (0, 2, 4, 6)}
    varies = {"reader": True, "positive": base != 1, "negative": base != 2}  # a proportion is about one kind of cases
    found, df = [], []
    for name, which in sharing.items():
        number = counts[list(which)].sum(axis=0)
        mean = values[..., list(which), :, :].sum(axis=-3) / np.where(number > 0, number, 1.0)
        found.append(np.where(varies[name] & (number > 0), mean - every, 0.0))
        share = number / counts.sum(axis=0)
        df.append(np.where(varies[name] & (number > 0), np.round(1 / np.where(share > 0, share, 1.0) - 1), np.inf))
    return np.stack(found, axis=-1), np.stack(df, axis=-1)


def _df(variance: Floats, components: Floats, df: Floats) -> Floats:
    used = np.isfinite(df) & (df > 0)
    safe = np.where(used, df, 1.0)
    spread = np.where(used, components**2 / safe**3, 0.0).sum(axis=-1)
    found = variance**2 / np.where(spread > 0, spread, np.nan)
    least = np.where(used, df, np.inf).min(axis=-1)
    return np.where(variance > 0, np.maximum(np.where(np.isnan(found), np.inf, found), least), np.nan)

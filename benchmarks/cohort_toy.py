"""COVID-19 and other viral cases in, how well their histograms and their places tell them apart out.

A cohort is a toy where the number of grey voxels gives the class away. Here a logistic regression sees what needs no
eye: the histogram of HU in the lungs and the volume of the lesions. A second one also sees where the lesions lie, as a
reader does; the gap between the two is what a network has to find.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from _table import Row
from pleura.data.synthetic.case import SyntheticCase, generate_case
from pleura.data.synthetic.findings.kinds import CONSOLIDATION, FLUID, GROUND_GLASS, NODULE
from pleura.data.synthetic.scanner.protocol import Protocol

__all__ = ["histogram_features", "out_of_fold_auc", "place_features", "toy_rows"]

Features = npt.NDArray[np.float64]

BINS = np.linspace(-1000, 100, 21)
"""Borders of the 20 bins of the histogram, HU; values beyond count in the first or the last."""
FIRST_SEED = 700_000
SHAPE = (24, 64, 64)


def histogram_features(case: SyntheticCase) -> Features:
    """Share of the lungs' voxels in each bin of HU, and the logarithm of the lesions' ml; (21,)."""
    hu = np.clip(case.volume.hu[case.lungs > 0], BINS[0], BINS[-1])
    shares = np.histogram(hu, BINS)[0] / hu.size
    millilitres = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION, NODULE)).sum() * case.volume.voxel_ml
    return np.r_[shares, np.log1p(millilitres)]


def place_features(case: SyntheticCase) -> Features:
    """Where the disease lies and what else is there, as a reader would note it; (9,)."""
    disease = np.isin(case.lesions, (GROUND_GLASS, CONSOLIDATION))
    if not disease.any():
        return np.zeros(9)
    inward = np.asarray(distance_transform_edt(case.lobes > 0, sampling=case.volume.spacing))
    k, j, _ = np.nonzero(disease)
    in_lungs = np.nonzero(case.lungs)
    side = (case.lungs[disease] == 1).mean()
    share = np.bincount(case.lobes[disease], minlength=6)[1:] / disease.sum()
    return np.array(
        [
            inward[disease].mean() / inward[case.lobes > 0].mean(),
            np.quantile(inward[disease], 0.9) / inward.max(),
            k.mean() / in_lungs[0].mean(),
            j.mean() / in_lungs[1].mean(),
            abs(side - 0.5),
            (share > 0.03).sum(),
            np.abs(np.diff(disease.astype(np.int8), axis=2)).sum() / disease.sum(),
            (case.lesions == NODULE).sum() / (case.lungs > 0).sum(),
            float((case.lesions == FLUID).any()),
        ]
    )


def out_of_fold_auc(features: Features, truth: npt.NDArray[np.bool_], *, seed: int = 0) -> tuple[float, float, float]:
    """Cross-validated AUC of a logistic regression, and its 95 % interval by 2000 resamplings of the cases."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    score = cross_val_predict(model, features, truth, cv=folds, method="predict_proba")[:, 1]
    g = np.random.default_rng(seed)
    drawn = []
    for _ in range(2000):
        pick = g.integers(0, truth.size, truth.size)
        if truth[pick].any() and not truth[pick].all():
            drawn.append(roc_auc_score(truth[pick], score[pick]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(roc_auc_score(truth, score)), float(low), float(high)


def toy_rows(cases: int = 200, *, shape: tuple[int, int, int] = SHAPE, first_seed: int = FIRST_SEED) -> Sequence[Row]:
    """Draw so many cases of each of the two classes, all severities alike, and measure both regressions."""
    histograms, places, truth = [], [], []
    for n in range(2 * cases):
        seed, label = first_seed + n, ("covid-19", "other-viral")[n % 2]
        case = generate_case(seed=seed, label=label, severity=n // 2 % 3 + 1, protocol=Protocol.draw(seed, shape=shape))
        histograms.append(histogram_features(case))
        places.append(place_features(case))
        truth.append(label == "covid-19")
    x, y = np.array(histograms), np.array(truth)
    auc, low, high = out_of_fold_auc(x, y)
    seen, seen_low, seen_high = out_of_fold_auc(np.hstack([x, np.array(places)]), y)
    drawn = f"{cases} cases of each class, {shape[0]} x {shape[1]} x {shape[2]}, 5 folds"
    return [
        Row(
            name="COVID-19 or other viral, by histogram and volume",
            value=auc,
            unit="AUC",
            target="< 0.85",
            detail=f"95 % interval {low:.2f} to {high:.2f}; {drawn}",
        ),
        Row(
            name="the same with place and shape of the lesions",
            value=seen,
            unit="AUC",
            detail=f"95 % interval {seen_low:.2f} to {seen_high:.2f}",
        ),
    ]

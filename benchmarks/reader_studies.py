"""How often reader studies mislead, by simulation: rejections of true hypotheses, and truths outside of intervals.

Studies are drawn from Roe and Metz's twelve sets of parameters, with five readers and fifty cases of each kind, and
analysed as `pleura evaluate readers` does. A test at 5 % ought to reject in 5 % of studies in which both conditions are
equally good, and an interval of 95 % to hold the truth in 95 %. Rows give the deviation from that in standard errors of
the simulation itself; the detail has the rates. To mislead is to reject more often, or to hold the truth more seldom:
what is held against a target is that no row does so beyond three standard errors. Tests that reject too seldom are
counted in rows of their own, without a target: they waste readers, but do not mislead.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from _table import Row, report
from pleura.evaluation.readers.mrmc.alone import against_mean
from pleura.evaluation.readers.mrmc.merits import error_covariance, figures_of_merit
from pleura.evaluation.readers.mrmc.moments import difference, each, u_statistics
from pleura.evaluation.readers.mrmc.obuchowski_rockette import components, each_condition, global_test
from pleura.evaluation.readers.mrmc.roe_metz import ROE_METZ, RoeMetz, simulate_scores, true_auc, true_covariance
from pleura.evaluation.readers.times.mixed_model import contrast_df, fit_reml

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SIZES = {"readers": 5, "positives": 50, "negatives": 50}
AT_ONCE = 100
NOT_OVER, NOT_UNDER = "<= 3", ">= -3"


def batches(model: RoeMetz, studies: int, seed: int, **sizes: int) -> Iterator[tuple[Floats, Bools]]:
    """Draw studies, a hundred at a time."""
    for start in range(0, studies, AT_ONCE):
        drawn = SIZES | sizes
        yield simulate_scores(model, studies=min(AT_ONCE, studies - start), seed=seed + start, **drawn)


def from_nominal(name: str, rate: float, nominal: float, trials: int, more: str = "") -> Row:
    """Give a rate's distance from what it ought to be, in standard errors of the simulation, over it or under it."""
    error = (nominal * (1 - nominal) / trials) ** 0.5
    return Row(
        name=name,
        value=round((rate - nominal) / error, 2),
        unit="standard errors",
        target=NOT_OVER if nominal < 0.5 else NOT_UNDER,
        detail=f"{rate:.2%} where {nominal:.0%} is right, {trials} studies{more}",
    )


def p_of(value: Floats, variance: Floats, df: Floats) -> Floats:
    """Two-sided p of a value; 1 where the variance came out negative."""
    with np.errstate(invalid="ignore"):
        p = 2 * t.sf(np.abs(value) / np.sqrt(variance), df)
    return np.where(variance > 0, p, 1.0)


def one_set(name: str, studies: int) -> tuple[list[Row], dict[str, float]]:
    """Both analyses of a set of parameters: rejections, and coverage of a single condition's interval."""
    model = ROE_METZ[name]
    area = true_auc(model)[0]
    rejected: dict[str, list[Bools]] = {"or": [], "u": []}
    held: dict[str, list[Bools]] = {"or": [], "plain": [], "u": []}
    estimates = []
    for scores, positive in batches(model, studies, 1000):
        figures = figures_of_merit(scores, positive)
        covariance = error_covariance(figures)
        rejected["or"].append(global_test(components(figures.value, covariance)).p < 0.05)
        for kind, logit in (("or", True), ("plain", False)):
            single = each_condition(figures.value, covariance, logit=logit)
            held[kind].append(((single.low <= area) & (area <= single.high))[:, 0])
        found = u_statistics(scores, positive)
        value, variance, df = difference(found, 0, 1)
        rejected["u"].append(p_of(value, variance, df) < 0.05)
        estimates.append(variance)
        value, variance, df = (part[:, 0] for part in each(found))
        held["u"].append(p_of(value - area, variance, df) >= 0.05)
    rates = {f"rejected {kind}": float(np.concatenate(found).mean()) for kind, found in rejected.items()}
    rates |= {f"held {kind}": float(np.concatenate(found).mean()) for kind, found in held.items()}
    truth = true_covariance(model, **SIZES)
    variance = float(truth[0, 0] + truth[1, 1] - 2 * truth[0, 1])
    spread = np.concatenate(estimates)
    bias = abs(spread.mean() - variance) / (spread.std() / studies**0.5)
    rows = [
        from_nominal(f"{name}: rejections, Obuchowski-Rockette", rates["rejected or"], 0.05, studies),
        from_nominal(f"{name}: rejections, U-statistics", rates["rejected u"], 0.05, studies),
        from_nominal(
            f"{name}: interval of one condition",
            rates["held or"],
            0.95,
            studies,
            f"; on the scale of the AUC itself {rates['held plain']:.2%}, U-statistics {rates['held u']:.2%}",
        ),
        Row(
            name=f"{name}: variance of a difference, U-statistics",
            value=round(float(bias), 2),
            unit="standard errors",
            target=NOT_OVER,
            detail=f"mean {spread.mean():.4g}, true {variance:.4g}",
        ),
    ]
    return rows, rates


def others(studies: int) -> list[Row]:
    """Rates, fixed readers, groups with cases of their own, a program, and reading times."""
    model = ROE_METZ["LH 1.5"]
    rejected = [
        global_test(components(figures.value, error_covariance(figures))).p < 0.05
        for scores, positive in batches(model, studies, 2000)
        for figures in [figures_of_merit((scores > 0.75).astype(float), positive, "sensitivity")]
    ]
    rows = [from_nominal("LH 1.5: rejections, sensitivity", float(np.concatenate(rejected).mean()), 0.05, studies)]
    alike = replace(ROE_METZ["HL 1.5"], reader=0.0)
    rejected = [
        global_test(components(figures.value, error_covariance(figures)), "fixed-readers").p < 0.05
        for scores, positive in batches(alike, studies, 3000)
        for figures in [figures_of_merit(scores, positive)]
    ]
    rate = float(np.concatenate(rejected).mean())
    rows.append(from_nominal("HL 1.5, readers alike: rejections, fixed readers", rate, 0.05, studies))
    rows.append(from_nominal("HH 1.5, 3 groups: rejections, U-statistics", _grouped(studies), 0.05, studies))
    rows.append(from_nominal("HH 1.5: rejections, program against mean", _program(studies), 0.05, studies))
    trials = studies // 4
    rows.append(from_nominal("reading times: rejections", _timed(trials), 0.05, trials, ", 6 readers, 20 cases"))
    return rows


def _grouped(studies: int) -> float:
    """Nine readers in three groups, each of which reads cases of its own under both conditions."""
    found = []
    sizes = {"readers": 9, "positives": 60, "negatives": 60}
    group = np.arange(9)[:, None] // 3 == np.arange(120)[None] % 3
    for scores, positive in batches(ROE_METZ["HH 1.5"], studies, 4000, **sizes):
        parts = difference(u_statistics(np.where(group, scores, np.nan), positive), 0, 1)
        found.append(p_of(*parts) < 0.05)
    return float(np.concatenate(found).mean())


def _program(studies: int) -> float:
    """Compare readers with a program as good as they are on average, for which the same cases are hard."""
    model = ROE_METZ["HH 1.5"]
    alike = replace(model, reader=0.0, means=model.means[:1])
    area = float(true_auc(model)[0])
    own = norm.ppf(area) * alike.total**0.5  # the mean that makes a program without reader variance as good
    generator = np.random.default_rng(5)
    found = []
    for scores, positive in batches(alike, studies, 5000, readers=6):
        for side in (positive, ~positive):
            shift = (2 * model.reader) ** 0.5 * generator.standard_normal((len(scores), 1, 5, 1))
            scores[:, :, 1:, side] += shift
        scores[:, :, 0, positive] += own - model.means[0]
        figures = figures_of_merit(scores, positive)
        p = against_mean(figures.value[:, 0], error_covariance(figures)).p[:, 0]
        found.append(p < 0.05)
    return float(np.concatenate(found).mean())


def _timed(trials: int) -> float:
    """Two conditions that take equally long, with every interaction."""
    generator = np.random.default_rng(6)
    condition, reader, case = np.indices((2, 6, 20)).reshape(3, -1)
    groupings = [reader, case, reader * 2 + condition, case * 2 + condition, reader * 20 + case]
    contrast = np.array([1.0, -1.0])
    rejected = 0
    for _ in range(trials):
        logs = sum(
            spread * generator.standard_normal(shape)
            for spread, shape in (
                (0.2, (1, 6, 1)),
                (0.15, (1, 1, 20)),
                (0.08, (2, 6, 1)),
                (0.08, (2, 1, 20)),
                (0.1, (1, 6, 20)),
                (0.25, (2, 6, 20)),
            )
        )
        fit = fit_reml(np.broadcast_to(logs, (2, 6, 20)).ravel(), np.eye(2)[condition], groupings)
        error = float(np.sqrt(contrast @ fit.covariance @ contrast))
        p = 2 * t.sf(abs(float(contrast @ fit.effects)) / error, contrast_df(fit, contrast))
        rejected += p < 0.05
    return rejected / trials


def main() -> None:
    """Measure, print, and write results/reader_studies.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    rows, rates, seconds = [], [], []
    for name in ROE_METZ:
        start = time.perf_counter()
        found, measured = one_set(name, studies)
        seconds.append(time.perf_counter() - start)
        rows += found
        rates.append(measured)
        print(name, {key: round(value, 4) for key, value in measured.items()}, flush=True)
    trials = studies * len(rates)
    for kind, label in (("rejected or", "Obuchowski-Rockette"), ("rejected u", "U-statistics")):
        rate = float(np.mean([one[kind] for one in rates]))
        rows.append(from_nominal(f"all twelve sets: rejections, {label}", rate, 0.05, trials))
        least = 0.05 - 3 * (0.05 * 0.95 / studies) ** 0.5
        seldom = [f"{name} {one[kind]:.2%}" for name, one in zip(ROE_METZ, rates, strict=True) if one[kind] < least]
        detail = "; ".join(seldom) or "none"
        rows.append(Row(name=f"sets with too few, {label}", value=len(seldom), unit="of 12 sets", detail=detail))
    rows += others(studies)
    rows.append(
        Row(
            name="wall time of 2000 studies, both analyses, simulation included",
            value=round(float(np.median(seconds)) * 2000 / studies, 1),
            unit="s",
            target="<= 60",
            detail="median of twelve sets, 5 readers, 100 cases, 2 conditions",
        )
    )
    report("reader_studies", rows)


if __name__ == "__main__":
    main()

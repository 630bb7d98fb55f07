"""How often the watch of a model in use gives a false alarm, and how often it finds a change, by simulation.

Hospitals are drawn with one case a patient. Scores are normal with a spread of 1 on the scale of log odds; a case is
called at 0. At go-live 30 % have the condition, sensitivity is 0.93 and specificity 0.88; 0.9 and 0.8 were promised,
and one look is planned. Alarms are those of `pleura evaluate drift`: by the answers, and by the truths.
"""

import argparse

import numpy as np
from scipy.stats import norm

from _table import Row, report
from pleura.evaluation.drift.settings import DriftSettings
from pleura.evaluation.drift.watch import watch
from pleura.evaluation.predictions import Predictions

SETTINGS = DriftSettings(permutations=400)
NOMINAL = SETTINGS.alpha


def draw(
    rng: np.random.Generator,
    count: int,
    *,
    name: str,
    prevalence: float = 0.3,
    sensitivity: float = 0.93,
    specificity: float = 0.88,
    shift: float = 0.0,
) -> Predictions:
    """Draw a hospital's cases; a shift moves the scores of all of them."""
    truth = (rng.random(count) < prevalence).astype(np.int64)
    mean = np.where(truth == 1, norm.ppf(sensitivity), -norm.ppf(specificity)) + shift
    p = 1 / (1 + np.exp(-rng.normal(mean, 1)))
    cases = tuple(f"{name}{index}" for index in range(count))
    return Predictions(("0", "1"), cases, truth, np.stack([-p, p], axis=1), binary=True)


def joined(one: Predictions, other: Predictions) -> Predictions:
    """Give the cases of one, then those of the other."""
    return Predictions(
        one.classes,
        one.cases + other.cases,
        np.concatenate([one.truth, other.truth]),
        np.concatenate([one.scores, other.scores]),
        binary=True,
    )


def alarms(hospitals: int, seed: int, sizes: tuple[int, int], *, late: bool = False, **changed: float) -> np.ndarray:
    """Give, for each hospital, whether answers and whether truths raised an alarm; (hospitals, 2)."""
    rng = np.random.default_rng(seed)
    kept = {name: value for name, value in changed.items() if name.startswith("always_")}
    at_all_times = {name.removeprefix("always_"): value for name, value in kept.items()}
    afterwards = {name: value for name, value in changed.items() if name not in kept}
    found = []
    for _ in range(hospitals):
        reference = draw(rng, sizes[0], name="r", **at_all_times)
        half = sizes[1] // 2 if late else 0
        later = draw(rng, sizes[1] - half, name="l", **(at_all_times | afterwards))
        if half:
            later = joined(draw(rng, half, name="e", **at_all_times), later)
        report_ = watch(reference, later, settings=SETTINGS)
        truths = any(one.alarm_at is not None for one in report_.truths)
        found.append((any(one.alarm for one in report_.answers), truths))
    return np.array(found)


def main() -> None:
    """Measure, print, and write results/drift.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hospitals", type=int, default=400)
    hospitals = parser.parse_args().hospitals
    bound = round(NOMINAL + 3 * (NOMINAL * (1 - NOMINAL) / hospitals) ** 0.5, 4)
    rows = []
    quiet: tuple[tuple[str, tuple[int, int], dict[str, float]], ...] = (
        ("nothing changes, 50 and then 50 patients", (50, 50), {}),
        ("nothing changes, 200 and then 200", (200, 200), {}),
        (
            "nothing changes, 200 and 200, what was promised is just kept",
            (200, 200),
            {"always_sensitivity": 0.9, "always_specificity": 0.8},
        ),
    )
    for seed, (name, sizes, changed) in enumerate(quiet):
        rate = alarms(hospitals, seed, sizes, **changed).mean(axis=0)
        for what, value in zip(("answers", "truths"), rate, strict=True):
            rows.append(
                Row(
                    name=f"{name}: false alarms by the {what}",
                    value=round(float(value), 4),
                    unit="of hospitals",
                    target=f"<= {bound}",
                    detail=f"{hospitals} hospitals; 0.05 is right, or less",
                )
            )
            print(rows[-1], flush=True)
    changes: tuple[tuple[str, bool, dict[str, float]], ...] = (
        ("prevalence 0.30 to 0.45", False, {"prevalence": 0.45}),
        ("prevalence 0.30 to 0.60", False, {"prevalence": 0.6}),
        ("all scores higher by half a spread", False, {"shift": 0.5}),
        ("all scores higher by half a spread in the second hundred", True, {"shift": 0.5}),
        ("sensitivity 0.93 to 0.80", False, {"sensitivity": 0.8}),
        ("sensitivity 0.93 to 0.70", False, {"sensitivity": 0.7}),
        ("specificity 0.88 to 0.70", False, {"specificity": 0.7}),
    )
    for seed, (name, late, changed) in enumerate(changes, start=10):
        rate = alarms(hospitals // 2, seed, (200, 200), late=late, **changed).mean(axis=0)
        for what, value in zip(("answers", "truths"), rate, strict=True):
            rows.append(
                Row(
                    name=f"{name}: found by the {what}",
                    value=round(float(value), 4),
                    unit="of hospitals",
                    detail=f"{hospitals // 2} hospitals, 200 patients and then 200",
                )
            )
            print(rows[-1], flush=True)
    report("drift", rows)


if __name__ == "__main__":
    main()

"""Synthetic clinical data without the CT behind them: a table of COVID-19 and other viral pneumonia, and CT scores."""

import csv
from pathlib import Path

import numpy as np

from pleura.data.synthetic.clinical.distributions import COLUMNS
from pleura.data.synthetic.clinical.draw import columns_of, draw_clinical, missing_values

__all__ = ["draw_cohort"]


def draw_cohort(folder: Path, *, cases: int, seed: int = 1, twice: int = 0) -> None:
    """Write clinical.csv, cases.csv and ct.csv: COVID-19 and other viral by turns; the first patients have two cases.

    COVID-19 is severe here and the others mild, so that few cases tell them apart. A CT score is the truth with normal
    noise, on the scale of the log odds.
    """
    rng = np.random.default_rng(seed)
    rows, labels, scores = [], [], []
    for number in range(cases):
        label = ("covid-19", "other-viral")[number % 2]
        patient = number if number < cases - twice else number - cases + twice
        if patient != number:
            label = labels[patient]["label"]
        severity = 3 if label == "covid-19" else 1
        age, sex = int(rng.integers(20, 90)), "FM"[int(rng.integers(2))]
        drawn = draw_clinical(
            seed=1000 * seed + patient, label=label, level=severity, score=None, age=age, sex=sex, day=number // cases
        )
        gaps = missing_values(
            cohort_seed=seed, hospital=("north", "east", "hill")[number % 3], seed=number, level=severity, day=0
        )
        name = f"case-{number:04d}"
        row = {"case": name, "patient": f"patient-{patient:04d}", "age_years": age, "sex": sex}
        rows.append(row | {key: f"{value:g}" for key, value in columns_of(drawn, gaps).items()})
        labels.append({"case": name, "label": label})
        p = 1 / (1 + np.exp(-((1.2 if label == "covid-19" else -1.2) + rng.normal() * 1.5)))
        scores.append({"case": name, "truth": label, "other-viral": f"{1 - p:.6f}", "covid-19": f"{p:.6f}"})
    folder.mkdir(parents=True, exist_ok=True)
    for file, table, columns in (
        ("clinical.csv", rows, COLUMNS),
        ("cases.csv", labels, ("case", "label")),
        ("ct.csv", scores, ("case", "truth", "other-viral", "covid-19")),
    ):
        with (folder / file).open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)

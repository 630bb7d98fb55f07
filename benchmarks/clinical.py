"""COVID-19 against H1N1 by clinical data: our support vector machines, named peers, and what a leak would have given.

The table is that of Li et al. 2020 (doi 10.1186/s12911-020-01266-z), gathered from the literature: 413 patients with
COVID-19, 1072 with H1N1. Which values are missing gives the disease away in it, since each source reports what it
likes. So the analysis that is reported has the patients who have all of age, sex, fever and cough, and those features
alone; all others stand here to show what they would have claimed. 5 x 5-fold, settings and calibration from three
inner folds, intervals over patients. Without the data (PLEURA_REAL_DATA, or ../shared/data) nothing is measured.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from _table import Row, report
from pleura.data.clinical_table.read import read_table
from pleura.data.clinical_table.schema import Feature, Schema, find_schema
from pleura.data.clinical_table.table import ClinicalTable
from pleura.evaluation.comparison.areas import delong_paired
from pleura.evaluation.intervals.delong import auc_interval
from pleura.training.clinical.assess import ClinicalResult, assess_clinical
from pleura.training.clinical.cases import ClinicalCases, gather
from pleura.training.clinical.cross_validate import cross_validate_clinical, machine
from pleura.training.clinical.recipe import ClinicalRecipe, FoldSettings

Floats = npt.NDArray[np.float64]
HERE = Path(__file__).parent
FILE = Path("emr") / "covid-vs-h1n1" / "COVIDandFLUdata.csv"
HONEST = ("age", "sex", "fever", "cough")
COVID, FLU = "COVID19", "H1N1"
INNER = 3
"""Folds that choose settings and calibrate; five, as dl3 has them, take twice as long here."""
AS_GOOD = ">= -0.02"
"""Of a difference of areas: no worse than a peer by more than what nobody would notice."""


def find_table() -> Path | None:
    """Find the table, if this machine has it."""
    folder = Path(os.environ.get("PLEURA_REAL_DATA", HERE.parents[1] / "shared" / "data"))
    return folder / FILE if (folder / FILE).is_file() else None


def recipe(kernels: Sequence[str], *, repeats: int, flag: bool = False, shuffles: int = 0) -> ClinicalRecipe:
    """DL3's grid on this table's two diseases."""
    return ClinicalRecipe(
        name="covid-h1n1",
        positive=COVID,
        negative=FLU,
        kernels=tuple(kernels),
        kernel=kernels[0],
        flag_missing=flag,
        folds=FoldSettings(repeats=repeats, inner=INNER, shuffles=shuffles),
    )


def of_two(table: ClinicalTable) -> ClinicalCases:
    """Put the table's own diagnosis beside it."""
    return gather(table, dict(zip(table.cases, table.kept["Diagnosis"], strict=True)), positive=COVID, negative=FLU)


def complete(table: ClinicalTable, names: Sequence[str]) -> ClinicalTable:
    """Keep some features and the patients who have them all."""
    chosen = table.only(names)
    return chosen.of(~np.isnan(chosen.values).any(axis=1))


def judged(cases: ClinicalCases, settings: ClinicalRecipe) -> ClinicalResult:
    """Cross-validate and sum up, and tell a log how far it is."""
    found = assess_clinical(cross_validate_clinical(cases, settings))
    print(", ".join(f"{one.name} {one.auc}" for one in found.answers), flush=True)
    return found


def area_rows(name: str, result: ClinicalResult, more: str = "") -> list[Row]:
    """Give a row a kernel."""
    positives, cases = int(result.positive.sum()), len(result.positive)
    runs = result.runs.recipe.folds
    return [
        Row(
            name=f"{name}: {one.name}",
            value=one.auc.value,
            unit="AUC",
            detail=f"{one.auc}, {positives} {COVID} of {cases}, {runs.repeats} x {runs.outer}-fold, runs "
            f"{min(one.runs):.3f} to {max(one.runs):.3f}{more}",
        )
        for one in result.answers
    ]


def peer_scores(result: ClinicalResult, peer: Pipeline | CalibratedClassifierCV, runs: int) -> Floats:
    """Give a peer's mean probability over the folds of the first runs."""
    cases, fold = result.runs.cases, result.runs.fold[:runs]
    scores = np.empty(fold.shape)
    for run, number in np.ndindex(len(fold), int(fold.max()) + 1):
        held = fold[run] == number
        peer.fit(cases.table.values[~held], cases.positive[~held])
        scores[run, held] = peer.predict_proba(cases.table.values[held])[:, 1]
    return scores.mean(axis=0)


def peer_rows(result: ClinicalResult, runs: int) -> list[Row]:
    """Hold our machines against scikit-learn's own ways, on the same patients and folds of the first runs."""
    grid = {"svc__C": [1.0, 10.0], "svc__gamma": [0.025, 0.075, 0.25]}
    tuned = GridSearchCV(
        make_pipeline(StandardScaler(), SVC(class_weight="balanced")), grid, scoring="roc_auc", cv=INNER
    )
    peers = (
        ("linear", "logistic regression", make_pipeline(StandardScaler(), LogisticRegression())),
        (
            "rbf",
            "CalibratedClassifierCV over GridSearchCV of SVC",
            CalibratedClassifierCV(tuned, method="sigmoid", cv=INNER),
        ),
    )
    rows = []
    for kernel, name, peer in peers:
        theirs = peer_scores(result, peer, runs)
        ours = result.runs.scores[machine(kernel)][:runs].mean(axis=0)
        found = delong_paired(result.positive, ours, theirs)
        how = f"{found}, {runs} x 5-fold; ours {found.first:.3f}, theirs {auc_interval(result.positive, theirs)}"
        rows.append(
            Row(name=f"SVM {kernel} less {name}", value=found.difference, unit="AUC", target=AS_GOOD, detail=how)
        )
        brier = [float(((scores - result.positive) ** 2).mean()) for scores in (ours, theirs)]
        rows.append(
            Row(
                name=f"SVM {kernel} less {name}",
                value=brier[0] - brier[1],
                unit="Brier score",
                target="<= 0.01",
                detail=f"ours {brier[0]:.4f}, theirs {brier[1]:.4f}, lower is better",
            )
        )
    return rows


def gaps_alone(table: ClinicalTable) -> ClinicalTable:
    """Keep nothing of the values but which of them are missing."""
    features = {
        f"has_{name}": Feature(label=f"has {one.label}", kind="yes-no") for name, one in table.schema.features.items()
    }
    values = (~np.isnan(table.values)).astype(np.float64)
    return replace(table, schema=Schema(name="gaps", features=features), values=values)


def filled(table: ClinicalTable, *, by_disease: bool) -> ClinicalTable:
    """Fill gaps before folds are dealt, from all patients or from those of the same disease: both are mistakes."""
    values = table.values.copy()
    diagnosis = np.array(table.kept["Diagnosis"])
    groups = [diagnosis == one for one in (COVID, FLU)] if by_disease else [np.ones(len(values), dtype=bool)]
    for group in groups:
        middle = np.nanmedian(values[group], axis=0)
        if by_disease:  # a median of yes and no may fall between them
            middle = np.where(
                [one.kind == "number" for one in table.schema.features.values()], middle, np.round(middle)
            )
        part = values[group]
        values[group] = np.where(np.isnan(part), middle, part)
    return replace(table, values=values)


def honest_rows(table: ClinicalTable, repeats: int) -> list[Row]:
    """Give the analysis that is reported, its peers, and what it rests on."""
    four = of_two(complete(table, HONEST))
    result = judged(four, recipe(("linear", "poly", "rbf"), repeats=repeats, shuffles=2))
    rows = area_rows("age, sex, fever, cough; complete cases", result)
    few = min(repeats, 2)
    rows += peer_rows(result, few)
    for kernel, lost in result.runs.importance.items():
        told = ", ".join(f"{name} {value:.3f}" for name, value in zip(HONEST, lost.mean(axis=0), strict=True))
        rows.append(
            Row(
                name=f"of which age: SVM {kernel}",
                value=float(lost[:, 0].mean()),
                unit="AUC",
                detail=f"lost when shuffled: {told}",
            )
        )
    rows += area_rows(
        "age and sex; complete cases", judged(of_two(complete(table, HONEST[:2])), recipe(("rbf",), repeats=few))
    )
    without_age = judged(of_two(complete(table, HONEST).only(HONEST[1:])), recipe(("rbf",), repeats=few))
    rows += area_rows("sex, fever, cough; the same patients", without_age)
    adults = complete(table, HONEST)
    adults = adults.of(adults.values[:, 0] >= 18)
    rows += area_rows("the four, adults only", judged(of_two(adults), recipe(("rbf",), repeats=few)))
    return rows


def leaky_rows(table: ClinicalTable, repeats: int) -> list[Row]:
    """Give what the same machines claim where gaps, or fills, tell the disease."""
    rbf = recipe(("rbf",), repeats=repeats)
    why = "; a claim about sources, not patients"
    rows = area_rows("which values are missing, and nothing else", judged(of_two(gaps_alone(table)), rbf), why)
    rows += area_rows(
        "all 11 features, gaps filled in the fold and flagged",
        judged(of_two(table), replace(rbf, flag_missing=True)),
        why,
    )
    rows += area_rows(
        "all 11 features, gaps filled in the fold, not flagged",
        judged(of_two(table), rbf),
        "; the fill itself can be recognised",
    )
    rows += area_rows(
        "all 11 features, filled from all patients beforehand",
        judged(of_two(filled(table, by_disease=False)), rbf),
        why,
    )
    rows += area_rows(
        "all 11 features, filled by disease beforehand",
        judged(of_two(filled(table, by_disease=True)), rbf),
        "; the truth is in the fill",
    )
    return rows


def main() -> None:
    """Measure, print, and write results/clinical.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="of the reported analysis")
    repeats = parser.parse_args().repeats
    path = find_table()
    if path is None:
        sys.exit("the table is not here: set PLEURA_REAL_DATA to a folder with emr/covid-vs-h1n1/COVIDandFLUdata.csv")
    schema = find_schema(str(HERE / "clinical_covid_h1n1.toml"))
    table = read_table(path, schema, keep=("Diagnosis",), impossible="missing")
    rows = []
    for disease in (COVID, FLU):
        of_disease = table.of(np.array(table.kept["Diagnosis"]) == disease)
        there = {name: 1 - share for name, share in of_disease.missing_shares().items()}
        told = ", ".join(f"{name} {share:.0%}" for name, share in there.items())
        rows.append(Row(name=f"{disease} patients", value=len(of_disease.cases), unit="rows", detail=f"have {told}"))
    rows.append(
        Row(
            name="impossible values taken for missing",
            value=len(table.dropped),
            unit="cells",
            detail="lymphocytes in percent or in words",
        )
    )
    rows += honest_rows(table, repeats)
    rows += leaky_rows(table, min(repeats, 1))
    report("clinical", rows)


if __name__ == "__main__":
    main()

"""How well lesions are found: on seven real patients, each by a model of the six others, and on fresh synthetic ones.

The seven folds take an hour; they are made with `--train`, all or those named, and kept. Without it kept folds are
read, and rows say when they were made; folds of another recipe or of other data count as missing. The synthetic part is
computed anew every time with the shipped model. The seven patients' pictures stay where they are.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from _lesion_folds import FRESH, Fold, Kept, dice, kept_folds, t_interval, train_fold
from _lesion_pictures import PICTURES, read_patients
from _table import Row, report
from pleura.data.cohort import Case, read_cohort
from pleura.data.segmentation.planes import lesions_of
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.diagnosis.segment import segment_lesions
from pleura.evaluation.figures.style import save_figure
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.study import load_study
from pleura.models.files import SegmentationModel, load_segmenter
from pleura.training.segmentation.figure import dice_figure

SHIPPED = "lesions-synthetic"
STARTS = (FRESH, SHIPPED)
"""With fresh weights, or with those that were trained on synthetic patients; never with ImageNet weights."""
UNSEEN = "south"
"""The hospital that the shipped model was not trained on."""
MIX = {"healthy": 2, "covid-19": 4, "other-viral": 4, "bacterial": 2, "tuberculosis": 2, "nodule": 2}
SEED = 7007
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


def real_rows(kept: Kept, cutoff: float) -> list[Row]:
    """Sum up the seven patients; `cutoff` is the shipped model's."""
    folds = kept.folds
    made = f"began with {kept.start} weights; kept, made {folds[0].date[:10]}" if folds else f"none kept ({kept.start})"
    rows = [
        Row(
            name=f"real patients, {kept.start}: folds kept",
            value=len(folds),
            unit="folds",
            target=">= 7",
            detail=f"{made}; {kept.stale} of other settings",
        )
    ]
    if len(folds) < 2:
        return rows
    values = [fold.dice for fold in folds]
    low, high = t_interval(values)
    each = ", ".join(f"{value:.2f}" for value in values)
    rows.append(
        Row(
            name=f"real patients, {kept.start}: Dice",
            value=float(np.mean(values)),
            unit="mean",
            target=">= 0.70",
            detail=f"95 % {low:.2f} to {high:.2f} (t over {len(folds)}); each {each}; {made}",
        )
    )
    by_cutoff = {own: float(np.mean([fold.by_cutoff[own] for fold in folds])) for own in folds[0].by_cutoff}
    nearest = min(by_cutoff, key=lambda own: abs(float(own) - cutoff))
    rows += [
        Row(
            name=f"real patients, {kept.start}: Dice from {nearest} on",
            value=by_cutoff[nearest],
            unit="mean",
            detail=f"near the shipped model's cut-off, {cutoff:g}, which is from synthetic cases; all: "
            + ", ".join(f"{own} {value:.2f}" for own, value in by_cutoff.items()),
        ),
        _ratio_row(f"real patients, {kept.start}", [(fold.share, fold.true_share) for fold in folds], None, made),
        Row(
            name=f"real patients, {kept.start}: lesion volume",
            value=float(np.median([abs(fold.share / fold.true_share - 1) for fold in folds])) * 100,
            unit="%",
            detail="median error against the true volume; no ml, as pixel size and thickness are not published",
        ),
    ]
    return rows


def threshold_rows(folds: Sequence[Fold]) -> list[Row]:
    """Sum up what a threshold inside the lungs gives, chosen on the six others."""
    low, high = t_interval([fold.threshold_dice for fold in folds])
    levels = sorted(fold.threshold for fold in folds)
    return [
        Row(
            name="real patients, threshold: Dice",
            value=float(np.mean([fold.threshold_dice for fold in folds])),
            unit="mean",
            detail=f"95 % {low:.2f} to {high:.2f} (t); grey level {levels[0]} to {levels[-1]}",
        ),
        _ratio_row("real patients, threshold", [(fold.threshold_share, fold.true_share) for fold in folds], None, ""),
    ]


def synthetic_rows(model: SegmentationModel) -> list[Row]:
    """Judge the shipped model on patients that nobody has seen."""
    trained = [str(name) for name in model.card.training["hospitals"]]
    names = ["north", "east", "west", "south"]
    hospitals = [
        replace(hospital, patients=48 if hospital.name == UNSEEN else 16)
        for hospital in alike_hospitals(len(names), names, MIX)
    ]
    if UNSEEN in trained or set(trained) != set(names) - {UNSEEN}:
        raise SystemExit(f"{model.card.name} was trained on {', '.join(trained)}; {UNSEEN} must be the one left out")
    rows = []
    with tempfile.TemporaryDirectory() as made:
        synthesize_cohort(Path(made) / "F", hospitals=hospitals, seed=SEED, size="small", format="nifti")
        cases = read_cohort(Path(made) / "F", classes=()).cases
        for name, there in (("its hospitals", trained), ("a hospital not trained on", [UNSEEN])):
            rows += _judged(model, [case for case in cases if case.hospital in there], f"synthetic, {name}")
    return rows


def _judged(model: SegmentationModel, cases: Sequence[Case], name: str) -> list[Row]:
    overlaps, shares, volumes, pooled, grades = [], [], [], [], []
    for case in cases:
        assert case.lungs is not None
        assert case.lesions is not None
        volume, _ = load_study(case.study)
        lungs = read_label_mask(case.lungs)
        truth = (lesions_of(read_label_mask(case.lesions)) > 0) & (lungs > 0)
        found = segment_lesions(model, volume, lungs) > 0
        overlaps.append(dice(found, truth))
        counts = [np.count_nonzero(mask) for mask in (found, truth, lungs)]
        shares.append((counts[0] / counts[2], counts[1] / counts[2]))
        volumes.append((counts[0] - counts[1]) * volume.voxel_ml)
        pooled.append((2 * np.count_nonzero(found & truth), counts[0] + counts[1]))
        grades.append(case.severity)
    values = np.array([value for value in overlaps if not np.isnan(value)])
    none = [found for found, there in shares if there == 0]
    quarters = ", ".join(f"{value:.2f}" for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
    of_grade = [[value for value, own in zip(overlaps, grades, strict=True) if own == grade] for grade in (1, 2, 3)]
    by_grade = ", ".join(f"{np.nanmean(some):.2f}" for some in of_grade)
    shared, both = np.array(pooled).sum(axis=0)
    return [
        Row(
            name=f"{name}: Dice",
            value=float(values.mean()),
            unit="mean",
            target=">= 0.80",
            detail=f"over the {len(values)} of {len(cases)} cases that have a lesion; quartiles {quarters}; "
            f"by severity {by_grade}",
        ),
        Row(
            name=f"{name}: Dice of all cases' voxels together",
            value=float(shared / both),
            unit="pooled",
            detail="in which a large lesion weighs more",
        ),
        _ratio_row(name, shares, "<= 0.02", f"all {len(cases)} cases"),
        Row(
            name=f"{name}: lesion volume",
            value=float(np.mean(np.abs(volumes))),
            unit="ml",
            detail="mean absolute error, all cases",
        ),
        Row(
            name=f"{name}: found where none is",
            value=float(np.max(none, initial=0.0)),
            unit="of lungs",
            detail=f"largest share of the lungs in {len(none)} cases without a lesion",
        ),
    ]


def _ratio_row(name: str, shares: Sequence[tuple[float, float]], target: str | None, detail: str) -> Row:
    found, there = np.array(shares).T
    return Row(
        name=f"{name}: lesion/lung ratio",
        value=float(np.sqrt(np.mean((found - there) ** 2))),
        unit="RMSE",
        target=target,
        detail=f"mean error {np.mean(found - there):+.4f}; {detail}".rstrip("; "),
    )


def draw(kept: Sequence[Kept]) -> None:
    """Draw the real patients' Dice by epoch: curves only."""
    for one in kept:
        if one.folds:
            histories = {
                f"patient {number}": [
                    {"epoch": epoch + 1.0, "validation_dice": value} for epoch, value in enumerate(fold.curve)
                ]
                for number, fold in enumerate(one.folds, start=1)
            }
            save_figure(dice_figure(histories), IMAGES, f"lesion-dice-{one.start}")


def main() -> None:
    """Read or make the folds, judge the shipped model, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", nargs="*", metavar="PATIENT", help="make these folds, or all, and stop")
    parser.add_argument("--out", type=Path, default=Path("lesion-folds"), help="folder for the folds' models")
    parser.add_argument("--start", default=FRESH, choices=STARTS, help="what the folds begin with")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(1)
    patients = read_patients() if PICTURES.is_dir() else []
    if given.train is not None:
        for name in given.train or [patient.name for patient in patients]:
            fold = train_fold(patients, name, given.out, start=given.start, device=given.device)
            print(f"{name}: Dice {fold.dice:.3f}, threshold {fold.threshold_dice:.3f}; {fold.minutes:.1f} min CPU")
        return
    rows, shipped = [], load_segmenter(SHIPPED)
    if patients:
        kept = [kept_folds(start, patients) for start in STARTS]
        for one in kept:
            if one.folds or one.start == FRESH:
                rows += real_rows(one, shipped.card.thresholds["answer"])
        whole = next((one.folds for one in kept if len(one.folds) > 1), [])
        rows += threshold_rows(whole) if whole else []
        draw(kept)
    else:
        print(f"no pictures at {PICTURES}: the real patients are left out; set PLEURA_REAL_DATA")
    rows += synthetic_rows(shipped)
    report("lesions", rows)


if __name__ == "__main__":
    main()

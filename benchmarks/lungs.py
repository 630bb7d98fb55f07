"""Two ways to find the lungs, by geometry and by the shipped network: on fresh synthetic patients, and on pictures.

The synthetic patients are of four hospitals, one of which the network was not trained on, and of all six labels, with
solid lobes among them. The seven real patients are pictures of 256 grey levels, laid on a declared window, without the
top and the bottom of the chest: neither way was made for them. Sides are not told apart there.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt
import torch

from _lesion_pictures import PICTURES, read_patients, write_cohort
from _table import Row, report
from pleura.data.cohort import read_cohort
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.diagnosis.lungs import find_lungs
from pleura.errors import NoLungsError
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.nifti_read import read_label_mask
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume
from pleura.models.files import SegmentationModel, load_segmenter

SHIPPED = "lungs-synthetic"
HOSPITALS = ("north", "east", "west", "south")
LABELS = ("healthy", "covid-19", "other-viral", "bacterial", "tuberculosis", "nodule")
UNSEEN = "south"
SEED = 7011

Labels = npt.NDArray[np.uint8]
Way = Callable[[Volume], Labels]


def dice(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0 to 1."""
    return float(2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth)))


def timed(way: Way, volume: Volume) -> tuple[Labels, float]:
    """Find the lungs, and take the CPU time; none where the way gives up."""
    began = process_time()
    try:
        found = way(volume)
    except NoLungsError:
        found = np.zeros(volume.shape, np.uint8)
    return found, process_time() - began


def synthetic_rows(ways: dict[str, Way]) -> list[Row]:
    """Judge both on every case; each lung has a Dice of its own."""
    scores: dict[tuple[str, str], list[tuple[float, float]]] = {}
    seconds = dict.fromkeys(ways, 0.0)
    with tempfile.TemporaryDirectory() as made:
        hospitals = alike_hospitals(len(HOSPITALS) * len(LABELS), HOSPITALS, LABELS)
        synthesize_cohort(Path(made) / "L", hospitals=hospitals, seed=SEED, size="small", format="nifti")
        cases = read_cohort(Path(made) / "L", classes=()).cases
        for case in cases:
            assert case.lungs is not None
            volume, _ = load_study(case.study)
            truth = read_label_mask(case.lungs)
            for name, way in ways.items():
                found, spent = timed(way, volume)
                seconds[name] += spent
                sides = [dice(found == side, truth == side) for side in (1, 2)]
                for group in ("all", case.label, f"hospital {case.hospital}"):
                    scores.setdefault((name, group), []).append((float(np.mean(sides)), min(sides)))
    rows = []
    for group in ("all", *LABELS, f"hospital {UNSEEN}"):
        for name in ways:
            means, worst = np.array(scores[name, group]).T
            rows.append(
                Row(
                    name=f"synthetic, {group}: {name}",
                    value=float(means.mean()),
                    unit="Dice",
                    detail=f"mean of two lungs over {len(means)} cases; worst case {means.min():.3f}, worst lung "
                    f"{worst.min():.3f}"
                    + (f"; {seconds[name] / len(cases):.2f} s CPU a case" if group == "all" else ""),
                )
            )
    return rows


def real_rows(ways: dict[str, Way]) -> list[Row]:
    """Judge both on the pictures, both lungs as one."""
    patients = read_patients()
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = write_cohort(patients, "", Path(made) / "P")
        volumes = [load_study(folder / "studies" / f"{patient.name}.nii.gz")[0] for patient in patients]
    for name, way in ways.items():
        found = [timed(way, volume)[0] for volume in volumes]
        values = [dice(mask > 0, patient.lungs) for mask, patient in zip(found, patients, strict=True)]
        each = ", ".join(f"{value:.2f}" for value in values)
        rows.append(
            Row(
                name=f"real pictures: {name}",
                value=float(np.mean(values)),
                unit="Dice",
                detail=f"{len(values)} patients, both lungs as one; each {each}",
            )
        )
    return rows


def create_ways(model: SegmentationModel) -> dict[str, Way]:
    """Name the two ways."""
    return {"geometry": segment_lungs, "network": lambda volume: find_lungs(volume, model=model)}


def main() -> None:
    """Measure both, print and write the table."""
    torch.set_num_threads(1)
    ways = create_ways(load_segmenter(SHIPPED))
    rows = synthetic_rows(ways)
    if PICTURES.is_dir():
        rows += real_rows(ways)
    else:
        print(f"no pictures at {PICTURES}: the real patients are left out; set PLEURA_REAL_DATA")
    report("lungs", rows)


if __name__ == "__main__":
    main()

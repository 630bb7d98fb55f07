"""One hospital's synthetic cases in, the full-size network's sensitivity there and at another scanner out.

A network that has seen one scanner should do worse at another, as it does in life; hospitals that are all alike would
make every federation look needless. The network is the whole 3D-DenseNet on whole slices, as in the paper, but at
32 x 32, so that two cores can train it in minutes. The same new patients are scanned at both hospitals.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from _table import Row, report
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.imaging.field import find_field
from pleura.imaging.inplane import prepare
from pleura.imaging.lungs import segment_lungs
from pleura.models.files import Model
from pleura.models.predict import predict_network
from pleura.settings import CLASSES, InputSettings, TrainingRecipe, read_recipe
from pleura.training.loop import train
from pleura.training.recipes import find_recipe

__all__ = ["shift_rows"]

HOME, AWAY = "GE LightSpeed16", "Siemens SOMATOM Definition AS+"
"""Two of UCADI's scanners; the first is that of a cohort's first hospital."""
SEED = 4711
FIRST_SEED = 800_000
WORKERS = 2


def shift_rows(training: int = 320, patients: int = 200, epochs: int = 14) -> Sequence[Row]:
    """Train on so many cases of one hospital, test on so many new patients, each scanned at both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthesize_cohort(
            folder / "home",
            hospitals=[SyntheticHospital(name="home", patients=training, scanner=HOME)],
            splits=(0.95, 0.05, 0.0),
            seed=SEED,
            size="tiny",
            format="nifti",
            workers=WORKERS,
        )
        recipe = one_hospital(epochs)
        model = train(recipe, folder / "home", folder / "run", cache_folder=folder / "cache", workers=WORKERS)
    at = {scanner: recalls(model, scanner, patients) for scanner in (HOME, AWAY)}
    lost = 100 * (at[HOME].mean() - at[AWAY].mean())
    how = f"full-size network at 32 x 32, {training} cases of {HOME}, {epochs} epochs; {patients} new patients at both"
    return [
        Row(name=f"sensitivity at {where}", value=at[scanner].mean(), unit="share", detail=by_class(at[scanner]))
        for scanner, where in ((HOME, "the scanner it was trained on"), (AWAY, "another scanner"))
    ] + [Row(name="sensitivity lost at another scanner", value=lost, unit="points", target=">= 10", detail=how)]


def one_hospital(epochs: int) -> TrainingRecipe:
    """Give the paper's input without augmentation; optimiser and batch are those that fit two cores."""
    paper, small = (read_recipe(find_recipe(name)) for name in ("ucadi", "ucadi-synthetic-coarse"))
    return replace(
        small,
        name="one-hospital",
        input=replace(paper.input, size=32),
        loss=replace(small.loss, lesions=0.0),
        schedule=replace(small.schedule, epochs=epochs),
        augmentation=paper.augmentation,
        validation=replace(small.validation, every=epochs),
    )


def recalls(model: Model, scanner: str, patients: int) -> npt.NDArray[np.float64]:
    """Share of each class's patients that the model gives their own class; (classes,)."""
    truth = np.arange(patients) % len(CLASSES)
    with ProcessPoolExecutor(WORKERS) as pool:
        scans = list(pool.map(partial(_scan, scanner, model.card.input), range(patients)))
    seeds = range(FIRST_SEED, FIRST_SEED + patients)
    means = [
        predict_network(model.network, model.card.input, x, seed=s).mean for x, s in zip(scans, seeds, strict=True)
    ]
    right = np.stack(means).argmax(1) == truth
    return np.array([right[truth == n].mean() for n in range(len(CLASSES))])


def _scan(scanner: str, settings: InputSettings, n: int) -> npt.NDArray[np.int16]:
    """Draw patient n under one scanner and prepare the slices as a diagnosis does."""
    size, seed = SIZES["tiny"], FIRST_SEED + n
    protocol = Protocol.draw(seed, scanner=scanner, shape=size.shape, spacing=size.spacing)
    severity = n // len(CLASSES) % 3 + 1
    volume = generate_case(seed=seed, label=CLASSES[n % len(CLASSES)], severity=severity, protocol=protocol).volume
    field = find_field(segment_lungs(volume), volume, settings.field)
    return prepare(volume, field, size=settings.size, window=(settings.window_low, settings.window_high))


def by_class(recall: npt.NDArray[np.float64]) -> str:
    """Name each class with its recall."""
    return "mean over classes: " + ", ".join(f"{name} {share:.2f}" for name, share in zip(CLASSES, recall, strict=True))


if __name__ == "__main__":
    report("cohort_shift", shift_rows())

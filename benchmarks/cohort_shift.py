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
from pleura.evaluation.comparison.proportions import paired_difference
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
SIZE = "small"
SEED = 4711
FIRST_SEED = 800_000
WORKERS = 2
COVID = "covid-19"


def shift_rows(training: int = 320, patients: int = 120, epochs: int = 10) -> Sequence[Row]:
    """Train on so many cases of one hospital, test on so many new patients, each scanned at both.

    The measure with a target is the paper's own in its second experiment, sensitivity to COVID-19; half of the new
    patients have it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthesize_cohort(
            folder / "home",
            hospitals=[SyntheticHospital(name="home", patients=training, scanner=HOME)],
            splits=(0.95, 0.05, 0.0),
            seed=SEED,
            size=SIZE,
            format="nifti",
            workers=WORKERS,
        )
        recipe = one_hospital(epochs)
        model = train(recipe, folder / "home", folder / "run", cache_folder=folder / "cache", workers=WORKERS)
    truth = labels(patients)
    called = {scanner: answers(model, scanner, truth) for scanner in (HOME, AWAY)}
    shares = {scanner: recalls(one, truth) for scanner, one in called.items()}
    home, away = ((called[scanner] == COVID)[truth == COVID] for scanner in (HOME, AWAY))
    pairs = (home & away, home & ~away, ~home & away, ~home & ~away)
    lost = paired_difference(*(int(kind.sum()) for kind in pairs))
    how = f"full-size network at 32 x 32, {training} cases of {HOME}, {epochs} epochs; {len(home)} new patients at both"
    rows = [
        Row(
            name=f"{what} at {where}",
            value=value,
            unit="share",
            detail=", ".join(f"{c} {share:.2f}" for c, share in shares[scanner].items()),
        )
        for scanner, where in ((HOME, "the scanner it was trained on"), (AWAY, "another scanner"))
        for what, value in (
            ("sensitivity to COVID-19", shares[scanner][COVID]),
            ("mean sensitivity of the classes", float(np.mean(list(shares[scanner].values())))),
        )
    ]
    ends = "no interval" if lost.low is None else f"95 % interval {100 * lost.low:.0f} to {100 * lost.high:.0f}"
    return [
        *rows,
        Row(
            name="sensitivity to COVID-19 lost at another scanner",
            value=100 * lost.difference,
            unit="points",
            target=">= 10",
            detail=f"{ends}; {how}",
        ),
    ]


def labels(patients: int) -> npt.NDArray[np.str_]:
    """Give every second patient COVID-19, and the other classes in turn to those between; (patients,)."""
    others = [name for name in CLASSES if name != COVID]
    return np.array([COVID if n % 2 == 0 else others[n // 2 % len(others)] for n in range(patients)])


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


def recalls(called: npt.NDArray[np.str_], truth: npt.NDArray[np.str_]) -> dict[str, float]:
    """Share of each class's patients that get their own class."""
    return {name: float((called[truth == name] == name).mean()) for name in CLASSES}


def answers(model: Model, scanner: str, truth: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Draw the patients under one scanner and classify them; (patients,)."""
    with ProcessPoolExecutor(WORKERS) as pool:
        scans = list(pool.map(partial(_scan, scanner, model.card.input), range(len(truth)), truth.tolist()))
    means = [predict_network(model.network, model.card.input, x, seed=FIRST_SEED + n).mean for n, x in enumerate(scans)]
    return np.array(CLASSES)[np.stack(means).argmax(1)]


def _scan(scanner: str, settings: InputSettings, n: int, label: str) -> npt.NDArray[np.int16]:
    """Draw patient n under one scanner and prepare the slices as a diagnosis does."""
    size, seed = SIZES[SIZE], FIRST_SEED + n
    severity = 0 if label == "healthy" else n // 2 % 3 + 1
    protocol = Protocol.draw(seed, scanner=scanner, shape=size.shape, spacing=size.spacing, severity=severity)
    volume = generate_case(seed=seed, label=label, severity=severity, protocol=protocol).volume
    field = find_field(segment_lungs(volume), volume, settings.field)
    return prepare(volume, field, size=settings.size, window=(settings.window_low, settings.window_high))


if __name__ == "__main__":
    report("cohort_shift", shift_rows())

"""What a diagnosis costs at full size: the classifier against the bare network, the heat map, and the whole report.

The study is synthetic, 60 x 512 x 512, written as DICOM and read back; comparisons alternate and take medians.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from _table import Row, report
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.write_dicom import write_dicom_series
from pleura.diagnosis.explain import activation_map, map_to_volume
from pleura.diagnosis.pipeline import diagnose_study
from pleura.export.diagnosis_folder import write_diagnosis
from pleura.models.files import Model, load_model
from pleura.models.predict import normalise, predict

RUNS = 3


def alternate(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Time two ways in turn; medians of seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for way in (first, second):
        way()
    for _ in range(RUNS):
        for kept, way in zip(times, (first, second), strict=True):
            began = time.perf_counter()
            way()
            kept.append(time.perf_counter() - began)
    return median(times[0]), median(times[1])


def bare(model: Model, slices: np.ndarray) -> None:
    """Run five subsets through the network as torch lays it out by default."""
    x = normalise(slices, model.card.input)[None, None]
    with torch.inference_mode():
        for _ in range(model.card.input.subsets):
            model.network(x)


def classifier_rows(model: Model) -> list[Row]:
    """Compare prediction with the bare network, and the heat map with prediction."""
    rng = np.random.default_rng(1)
    prepared = rng.integers(-1000, 100, (50, model.card.input.size, model.card.input.size)).astype(np.int16)
    ours, theirs = alternate(lambda: predict(model, prepared, seed=0), lambda: bare(model, prepared[:16]))
    prediction = predict(model, prepared, seed=0)

    def explain() -> None:
        maps = activation_map(prediction.features, model.network.classify, 1)
        map_to_volume(maps, prediction.subsets + 5, (60, 512, 512), slice(5, 55))

    explain()
    began = time.perf_counter()
    explain()
    heat = time.perf_counter() - began
    return [
        Row(
            name="five subsets, against five bare forward passes",
            value=round(ours / theirs, 3),
            unit="ratio",
            target="<= 1.1",
            detail=f"{ours:.2f} s against {theirs:.2f} s; 16 x 128 x 128, float32, {torch.get_num_threads()} threads",
        ),
        Row(
            name="heat map on 60 x 512 x 512, against the five subsets",
            value=round(heat / ours, 3),
            unit="ratio",
            target="<= 0.25",
            detail=f"{heat:.2f} s",
        ),
    ]


def report_row(model: Model) -> Row:
    """Time a whole report, files included."""
    size = SIZES["full"]
    case = generate_case(
        seed=5, label="covid-19", severity=2, protocol=Protocol.draw(5, shape=size.shape, spacing=size.spacing)
    )
    with tempfile.TemporaryDirectory() as folder:
        study, out = Path(folder) / "study", Path(folder) / "out"
        write_dicom_series(case, study, case_id="bench", patient_id="bench", seed=5)
        began = time.perf_counter()
        diagnosis = diagnose_study(study, model)
        write_diagnosis(diagnosis, out)
        seconds = time.perf_counter() - began
    steps = ", ".join(f"{name} {value:.2f}" for name, value in diagnosis.report.provenance.seconds.items())
    return Row(
        name="whole report, 60 x 512 x 512 DICOM, full-size network",
        value=round(seconds, 2),
        unit="s",
        target="<= 30",
        detail=steps,
    )


def main() -> None:
    """Measure and report."""
    model = load_model("ucadi-synthetic")
    report("inference", [*classifier_rows(model), report_row(model)])


if __name__ == "__main__":
    main()

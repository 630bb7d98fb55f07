"""How much synthetic chests resemble a real one, how fast they are drawn, and whether a seed gives the same bytes.

The real patient is one, so the bounds are intervals that another patient would meet too. Masks and measures come from
the same code on both sides; the lung is the right one, because the real patient's left lung has a tumour.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion, gaussian_filter, label

from _table import Row, report
from cohort_toy import toy_rows
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.data.synthetic.scanner.protocol import SIZES, Protocol
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.imaging.lungs import segment_lungs
from pleura.imaging.study import load_study
from pleura.imaging.volume import Volume

REAL = Path(os.environ.get("PLEURA_REAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PATIENT = REAL / "ct" / "lung-pet-ct-dx-a0001"
PHILIPS = "Philips Brilliance 16"
SEEDS = (1, 2, 3, 4, 5)
BINS = 40
TISSUES = {"lung": (-1050.0, -300.0), "soft tissue": (-200.0, 200.0), "bone": (200.0, 1400.0)}
"""Range of HU of each histogram."""
RIDGES = (1.0, 2.0, 4.0)
"""Widths at which bright lines are looked for in axial slices, standard deviation in mm."""

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What is compared of one scan."""

    histograms: dict[str, npt.NDArray[np.float64]]
    """Shares of `BINS` bins over the range of each of `TISSUES`."""
    noise: float
    """Standard deviation of the high-pass HU in homogeneous soft tissue."""
    correlation: float
    """Distance in a slice at which the noise's autocorrelation has fallen to one half, mm."""
    dense: float
    """Share of the inner right lung above -650 HU."""
    ridges: tuple[float, ...]
    """Share of the inner right lung that lies on a bright line, for each of `RIDGES`."""


def measure(volume: Volume) -> Measures:
    """Measure one scan; every length is in mm, so that grids may differ."""
    hu = volume.hu.astype(np.float32)
    pixel = float(volume.spacing[1])
    lungs = segment_lungs(volume)
    chest = np.flatnonzero((lungs > 0).any((1, 2)))
    body = np.zeros(hu.shape, bool)
    for k in range(chest[0], chest[-1] + 1):
        body[k] = body_of(hu[k])
    right = lungs == 1
    masks = {"lung": right, "soft tissue": body & (lungs == 0), "bone": body & (lungs == 0)}
    histograms = {}
    for name, (low, high) in TISSUES.items():
        counts, _ = np.histogram(hu[masks[name]], bins=BINS, range=(low, high))
        histograms[name] = counts / counts.sum()
    noise, correlation = measure_noise(hu, body & (lungs == 0), pixel)
    dense, ridges = measure_vessels(hu, right, pixel)
    return Measures(histograms=histograms, noise=noise, correlation=correlation, dense=dense, ridges=ridges)


def body_of(image: Image) -> Mask:
    """Find the largest connected region above -300 HU of one slice, which leaves the couch out."""
    parts, count = label(binary_erosion(image > -300, iterations=2))
    if count == 0:
        return np.zeros(image.shape, bool)
    return np.asarray(parts == np.bincount(parts.ravel())[1:].argmax() + 1)


def measure_noise(hu: Image, tissue: Mask, pixel: float) -> tuple[float, float]:
    """Take standard deviation and correlation length where muscle, blood or liver is homogeneous."""
    values, left, right = [], [], []
    most = int(np.ceil(6.0 / pixel))
    for k in range(len(hu)):
        if not tissue[k].any():
            continue
        smooth = gaussian_filter(hu[k], 3.0 / pixel)
        steep = np.hypot(*np.gradient(gaussian_filter(hu[k], 4.0 / pixel), pixel))
        even = tissue[k] & (np.abs(smooth - 50) < 30) & (steep < 3.0)
        even = binary_erosion(even, iterations=int(np.ceil(4.0 / pixel)))
        high = hu[k] - smooth
        values.append(high[even])
        for lag in range(1, most):
            both = even[:, lag:] & even[:, :-lag]
            left.append((lag, float((high[:, lag:] * high[:, :-lag])[both].sum()), int(both.sum())))
            both = even[lag:] & even[:-lag]
            right.append((lag, float((high[lag:] * high[:-lag])[both].sum()), int(both.sum())))
    flat = np.concatenate(values)
    deviation = 1.4826 * float(np.median(np.abs(flat - np.median(flat))))
    table = np.array(left + right)
    alike = [1.0]
    for lag in range(1, most):
        rows = table[table[:, 0] == lag]
        alike.append(float(rows[:, 1].sum() / max(rows[:, 2].sum(), 1) / flat.var()))
    first = next(lag for lag in range(1, most) if alike[lag] < 0.5)
    part = (alike[first - 1] - 0.5) / (alike[first - 1] - alike[first])
    return deviation, float((first - 1 + part) * pixel)


def measure_vessels(hu: Image, lung: Mask, pixel: float) -> tuple[float, tuple[float, ...]]:
    """Take the shares of dense voxels, and of voxels on bright lines of each width, in lung 6 mm from its edge."""
    inner = np.stack([binary_erosion(image, iterations=int(np.ceil(6.0 / pixel))) for image in lung])
    found = np.zeros(len(RIDGES))
    dense = 0
    for k in np.flatnonzero(inner.any((1, 2))):
        image = np.minimum(hu[k], 100.0)
        dense += int((gaussian_filter(image, 0.8 / pixel) > -650)[inner[k]].sum())
        for n, width in enumerate(RIDGES):
            s = width / pixel
            xx, yy, xy = (gaussian_filter(image, s, order=order) for order in ((0, 2), (2, 0), (1, 1)))
            least = 0.5 * (xx + yy) - np.sqrt(0.25 * (xx - yy) ** 2 + xy**2)
            found[n] += int((-least * s * s > 60.0)[inner[k]].sum())
    return dense / inner.sum(), tuple(float(f) for f in found / inner.sum())


def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Shared area of two histograms, 0 to 1."""
    return float(np.minimum(a, b).sum())


def interval(name: str, values: list[float], unit: str, low: float, high: float) -> list[Row]:
    """Two rows, one a bound, for the median of values over seeds."""
    spread = f"median of seeds {SEEDS[0]} to {SEEDS[-1]}, {min(values):.2f} to {max(values):.2f}"
    return [
        Row(name=name, value=median(values), unit=unit, target=f">= {low}", detail=spread),
        Row(name=name, value=median(values), unit=unit, target=f"<= {high}", detail="the same"),
    ]


def likeness_rows() -> list[Row]:
    """Histograms, noise and vessels against both kernels of the real patient."""
    if not PATIENT.is_dir():
        print(f"no real patient at {PATIENT}: the rows on likeness are left out; set PLEURA_REAL_DATA")
        return []
    rows = []
    for kernel in ("soft", "sharp"):
        volume, _ = load_study(PATIENT / kernel)
        real = measure(volume)
        drawn = [measure(fitting_case(seed, kernel)) for seed in SEEDS]
        for tissue in TISSUES:
            shared = [overlap(real.histograms[tissue], d.histograms[tissue]) for d in drawn]
            spread = f"{BINS} bins, median of {len(SEEDS)} seeds, {min(shared):.2f} to {max(shared):.2f}"
            name = f"{kernel}: {tissue}, shared histogram"
            rows.append(Row(name=name, value=median(shared), unit="share", target=">= 0.8", detail=spread))
        rows += interval(f"{kernel}: noise / real", [d.noise / real.noise for d in drawn], "x", 0.7, 1.4)
        lengths = [d.correlation / real.correlation for d in drawn]
        rows += interval(f"{kernel}: noise's length / real", lengths, "x", 0.7, 1.4)
        rows += interval(f"{kernel}: dense lung / real", [d.dense / real.dense for d in drawn], "x", 0.6, 1.6)
        for n, width in enumerate(RIDGES):
            ratios = [d.ridges[n] / real.ridges[n] for d in drawn]
            rows += interval(f"{kernel}: lines of {width:g} mm / real", ratios, "x", 0.6, 1.6)
    return rows


def fitting_case(seed: int, kernel: str) -> Volume:
    """Draw a healthy case with the protocol of the real patient: 431 mm, 5 mm, a full breath, no contrast agent."""
    drawn = Protocol.draw(seed, scanner=PHILIPS, shape=(64, 512, 512), spacing=5.0)
    protocol = replace(drawn, kernel=kernel, field_of_view=431.0, breath=1.0, contrast=0.0)
    protocol = replace(protocol, breathing=0.0, electrodes=False, noise=SCANNERS[PHILIPS].noise)
    return generate_case(seed=seed, label="healthy", protocol=protocol).volume


def speed_rows() -> list[Row]:
    """CPU seconds of one core for a case of each size, compiled code at hand."""
    rows = []
    for name, bound in (("tiny", 1.0), ("small", 1.0), ("medium", None), ("full", 10.0)):
        size = SIZES[name]
        spent = []
        for seed in range(4):
            protocol = Protocol.draw(seed, shape=size.shape, spacing=size.spacing)
            began = time.process_time()
            generate_case(seed=seed, label="covid-19", severity=2, protocol=protocol)
            spent.append(time.process_time() - began)
        target = None if bound is None else f"<= {bound:g}"
        grid = " x ".join(map(str, size.shape))
        rows.append(Row(name=f"{name} case", value=median(spent[1:]), unit="s", target=target, detail=f"{grid}, CPU"))
    return rows


def repeat_rows() -> list[Row]:
    """Whether a cohort drawn by one worker and one drawn by two are the same, file by file."""
    with tempfile.TemporaryDirectory() as name:
        contents = []
        for workers in (1, 2):
            out = Path(name, str(workers), "cohort")  # the folder names the cohort
            synthesize_cohort(
                out, hospitals=alike_hospitals(4, ["alpha"]), seed=9, size="tiny", format="nifti", workers=workers
            )
            contents.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    same = float(contents[0] == contents[1])
    detail = f"{len(contents[0])} files of 4 tiny cases"
    return [Row(name="same bytes from 1 and 2 workers", value=same, unit="yes", target=">= 1", detail=detail)]


SECTIONS: tuple[Callable[[], Sequence[Row]], ...] = (speed_rows, repeat_rows, likeness_rows, toy_rows)
"""Every part of this benchmark; a further part is one more function here."""


def main() -> None:
    """Measure and report."""
    report("cohort", [row for section in SECTIONS for row in section()])


if __name__ == "__main__":
    main()

"""The scanners that a hospital of a synthetic cohort can have: one literal table.

The first three are those that the hospitals of UCADI had (GE 1.25 mm twice, Siemens 1.0 mm). The tendencies in kernel,
noise, field of view, slice thickness and calibration are made up: they have to differ from hospital to hospital as
habits do. The fields are of the size of those of five public series (360, 371, 423, 431, 488 mm).
"""

from dataclasses import dataclass
from typing import Literal

from pleura.errors import RecipeError

__all__ = ["KERNELS", "SCANNERS", "Kernel", "KernelName", "Scanner", "find_scanner"]

KernelName = Literal["soft", "standard", "sharp"]


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A reconstruction kernel: how sharp the image and how the noise."""

    blur: float
    """Standard deviation of the point spread, mm."""
    boost: float
    """Edge enhancement."""
    peak: float
    """Where the noise spectrum stops to rise, cycles/mm."""
    fall: float
    """Where it falls, cycles/mm."""
    gain: float
    """Scale of the noise."""


KERNELS: dict[str, Kernel] = {
    "soft": Kernel(blur=0.62, boost=0.0, peak=0.16, fall=0.34, gain=0.75),
    "standard": Kernel(blur=0.50, boost=0.0, peak=0.22, fall=0.42, gain=1.0),
    "sharp": Kernel(blur=0.42, boost=0.42, peak=0.45, fall=0.62, gain=5.2),
}


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """One model of scanner and the habits of the hospital that has it."""

    manufacturer: str
    model: str
    slice_mm: float
    """Slice spacing of its chest protocol in UCADI, mm; a case has it only where it is asked for."""
    rotation: float
    """Time of a rotation, s."""
    table: float
    """Speed of the table, mm/s."""
    breath: float
    """Mean depth of breath of its patients who are not ill: how well the radiographers coach them."""
    restless: float
    """Share of its patients who breathe while the scan runs, half of it of those who are not ill."""
    contrast: float
    """Share of its chest scans with contrast agent."""
    electrodes: float
    """Share of its scans with electrodes left on the skin, in all classes alike."""
    kernels: dict[KernelName, str]
    """What the manufacturer calls each kernel."""
    habit: dict[KernelName, float]
    """How often each kernel is used; sums to 1."""
    crispness: float
    """Scale of the frequencies that its kernels pass; 1 is as in `KERNELS`."""
    hardening: float
    """Beam hardening that is left after correction, 0 none to 2 strong."""
    noise: float
    """Median noise at the centre of an average chest before the kernel's gain, HU."""
    offset: float
    """Mean error of calibration, HU; within the few HU that quality assurance lets pass."""
    fields: dict[float, float]
    """How often each width of the image is used, mm; 0 stands for a fit to the patient. Sums to 1."""
    margin: float
    """Field of view as a share of the patient's width, on average, where it fits the patient."""
    coverage: dict[float, float]
    """How often slices are so many times as thick as their spacing; sums to 1."""
    couch: int
    """Which of the four couches."""
    circle: float
    """How often the field outside the scan circle is padded."""
    padding: int
    """HU outside the circle."""


SCANNERS: dict[str, Scanner] = {
    "GE LightSpeed16": Scanner(
        manufacturer="GE MEDICAL SYSTEMS",
        model="LightSpeed16",
        slice_mm=1.25,
        rotation=0.6,
        table=46.0,
        breath=0.8,
        restless=0.14,
        contrast=0.1,
        electrodes=0.05,
        kernels={"soft": "SOFT", "standard": "STANDARD", "sharp": "LUNG"},
        habit={"soft": 0.25, "standard": 0.75, "sharp": 0.0},
        crispness=0.92,
        hardening=1.3,
        noise=16.0,
        offset=-2.5,
        fields={360.0: 0.8, 400.0: 0.2},
        margin=1.0,
        coverage={1.0: 0.7, 0.5: 0.3},
        couch=0,
        circle=0.9,
        padding=-3024,
    ),
    "GE Discovery CT750 HD": Scanner(
        manufacturer="GE MEDICAL SYSTEMS",
        model="Discovery CT750 HD",
        slice_mm=1.25,
        rotation=0.4,
        table=110.0,
        breath=0.9,
        restless=0.05,
        contrast=0.15,
        electrodes=0.01,
        kernels={"soft": "SOFT", "standard": "STANDARD", "sharp": "LUNG"},
        habit={"soft": 0.0, "standard": 0.10, "sharp": 0.90},
        crispness=1.22,
        hardening=0.5,
        noise=10.0,
        offset=2.0,
        fields={0.0: 1.0},
        margin=1.04,
        coverage={0.5: 0.3, 0.25: 0.7},
        couch=1,
        circle=0.8,
        padding=-2000,
    ),
    "Siemens SOMATOM Definition AS+": Scanner(
        manufacturer="SIEMENS",
        model="SOMATOM Definition AS+",
        slice_mm=1.0,
        rotation=0.5,
        table=92.0,
        breath=0.86,
        restless=0.08,
        contrast=0.7,
        electrodes=0.02,
        kernels={"soft": "B30f", "standard": "B41f", "sharp": "B70f"},
        habit={"soft": 0.80, "standard": 0.20, "sharp": 0.0},
        crispness=1.05,
        hardening=0.8,
        noise=13.0,
        offset=0.0,
        fields={500.0: 0.8, 420.0: 0.2},
        margin=1.0,
        coverage={1.0: 0.4, 1.5: 0.6},
        couch=2,
        circle=0.3,
        padding=-1024,
    ),
    "Philips Brilliance 16": Scanner(
        manufacturer="Philips",
        model="Brilliance 16",
        slice_mm=5.0,
        rotation=0.75,
        table=30.0,
        breath=0.88,
        restless=0.1,
        contrast=0.3,
        electrodes=0.03,
        kernels={"soft": "B", "standard": "C", "sharp": "L"},
        habit={"soft": 0.50, "standard": 0.0, "sharp": 0.50},
        crispness=1.25,
        hardening=1.0,
        noise=13.0,
        offset=1.0,
        fields={0.0: 0.75, 430.0: 0.25},
        margin=1.27,
        coverage={1.0: 1.0},
        couch=3,
        circle=0.5,
        padding=-1024,
    ),
}


def find_scanner(name: str) -> Scanner:
    """Look a scanner up by its name in `SCANNERS`.

    Raises
    ------
    RecipeError
        If no scanner has that name.
    """
    if name not in SCANNERS:
        raise RecipeError(f"no scanner is called {name!r}; choose one of {', '.join(SCANNERS)}")
    return SCANNERS[name]

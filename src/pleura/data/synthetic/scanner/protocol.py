"""A seed and a scanner in, the protocol of one scan out: grid, kernel, noise, couch and how the patient lies."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from pleura.data.synthetic.scanner.scanners import KERNELS, SCANNERS, find_scanner
from pleura.data.synthetic.streams import stream
from pleura.errors import RecipeError

__all__ = ["SIZES", "Protocol", "Size", "find_size"]


@dataclass(frozen=True, kw_only=True)
class Size:
    """A grid by name."""

    shape: tuple[int, int, int]
    """Slices, rows, columns."""
    spacing: float | None
    """Slice spacing, mm; None spreads the slices over the whole chest."""


SIZES: dict[str, Size] = {
    "tiny": Size(shape=(36, 64, 64), spacing=None),
    "small": Size(shape=(48, 128, 128), spacing=None),
    "medium": Size(shape=(40, 256, 256), spacing=None),
    "full": Size(shape=(60, 512, 512), spacing=5.0),
}


def find_size(name: str) -> Size:
    """Look a size up by its name in `SIZES`.

    Raises
    ------
    RecipeError
        If no size has that name.
    """
    if name not in SIZES:
        raise RecipeError(f"no size is called {name!r}; choose one of {', '.join(SIZES)}")
    return SIZES[name]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How one scan is made.

    Raises
    ------
    RecipeError
        If a value contradicts itself.
    """

    shape: tuple[int, int, int] = (32, 128, 128)
    """Slices, rows, columns; rows equal columns."""
    spacing: float | None = None
    """Slice spacing, mm; None spreads the slices over the whole chest."""
    coverage: float = 1.0
    """Slice thickness over slice spacing: 1 leaves no gap, above 1 slices overlap, below 1 there are gaps."""
    field_of_view: float | None = None
    """Width of the image, mm; None fits the patient. Widened where it would cut the lungs off."""
    margin: float = 0.97
    """Field of view as a share of the patient's width, when it fits the patient."""
    breath: float = 1.0
    """Depth of the breath that is held: 1 full inspiration, 0 the end of an expiration."""
    breathing: float = 0.0
    """How far the base of the lungs moves from its mean place because the breath is not held, mm."""
    heartbeat: float = 0.0
    """How far the left border of the heart moves while the scan runs, mm."""
    rotation: float = 0.5
    """Time of a rotation of the tube, s."""
    table: float = 60.0
    """Speed of the table, mm/s."""
    contrast: float = 0.0
    """HU that contrast agent adds to the blood; 0 without."""
    electrodes: bool = False
    """Whether electrodes are left on the skin."""
    kernel: str = "standard"
    """soft, standard or sharp."""
    crispness: float = 1.0
    """Scale of the frequencies that the kernel passes; above 1 is sharper."""
    hardening: float = 1.0
    """Dark bands between dense bones, 0 none to 2 strong."""
    noise: float = 14.0
    """HU at the centre of an average chest in 5 mm slices, before the kernel's gain."""
    noise_seed: int | None = None
    """Draws the noise; None takes the patient's, so that a patient has the same noise under every such protocol."""
    offset: float = 0.0
    """Error of calibration, HU."""
    couch: int = 0
    """Which of four couches, 0 to 3."""
    circle: bool = True
    """Whether the image outside the scan circle is padded."""
    padding: int = -1024
    """HU that stands for padding in a DICOM file, -1024 or less; in a volume it is always -1024, as air."""
    tilt: float = 0.0
    """Rotation of the patient on the couch, rad."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Shift of the patient to the left and to the back, mm."""
    manufacturer: str = "Pleura"
    model: str = "synthetic"
    kernel_name: str = "standard"
    """What the manufacturer calls the kernel."""

    def __post_init__(self) -> None:
        nz, ny, nx = self.shape
        if min(nz, ny, nx) < 2 or ny != nx or ny % 2:
            raise RecipeError(f"need at least 2 slices of a square matrix with an even width, got shape {self.shape}")
        lengths = {"spacing": self.spacing, "field_of_view": self.field_of_view, "margin": self.margin}
        for name, value in lengths.items():
            if value is not None and not (isfinite(value) and value > 0):
                raise RecipeError(f"{name} must be positive, got {value}")
        if not (isfinite(self.coverage) and 0.05 <= self.coverage <= 4):
            raise RecipeError(f"coverage must lie between 0.05 and 4 times the spacing, got {self.coverage}")
        if not 0 <= self.breath <= 1:
            raise RecipeError(f"breath must lie between 0, expiration, and 1, full inspiration, got {self.breath}")
        limits = {"breathing": (0, 30), "heartbeat": (0, 15), "rotation": (0.2, 2), "table": (5, 800)}
        for name, (low, high) in (limits | {"contrast": (0, 400)}).items():
            if not low <= getattr(self, name) <= high:
                raise RecipeError(f"{name} must lie between {low} and {high}, got {getattr(self, name)}")
        if not (isfinite(self.noise) and self.noise >= 0):
            raise RecipeError(f"noise must be 0 or more, in HU, got {self.noise}")
        if self.kernel not in KERNELS:
            raise RecipeError(f"no kernel is called {self.kernel!r}; choose one of {', '.join(KERNELS)}")
        if not (isfinite(self.crispness) and 0.5 <= self.crispness <= 2):
            raise RecipeError(f"crispness must lie between 0.5 and 2, got {self.crispness}")
        if not (isfinite(self.hardening) and self.hardening >= 0):
            raise RecipeError(f"hardening must be 0 or more, got {self.hardening}")
        if self.couch not in (0, 1, 2, 3):
            raise RecipeError(f"couch must be 0, 1, 2 or 3, got {self.couch}")
        if not -4096 <= self.padding <= -1024:
            raise RecipeError(f"padding must lie between -4096 and -1024 HU, got {self.padding}")

    @staticmethod
    def draw(
        seed: int,
        *,
        scanner: str | None = None,
        shape: tuple[int, int, int] = (32, 128, 128),
        spacing: float | None = None,
        severity: int = 0,
    ) -> "Protocol":
        """Draw a protocol with the habits of one scanner.

        Parameters
        ----------
        seed : the same seed gives the same protocol
        scanner : a name in `SCANNERS`; None draws one of them
        shape, spacing : the grid, as in the class
        severity : 0 to 3; the iller a patient, the shallower the breath and the harder it is to hold

        Raises
        ------
        RecipeError
            If no scanner has that name, or the grid is impossible.
        """
        g = stream(seed, "protocol")
        name = str(g.choice(list(SCANNERS))) if scanner is None else scanner
        s = find_scanner(name)
        kernel = g.choice(list(s.habit), p=list(s.habit.values()))
        field = float(g.choice(list(s.fields), p=list(s.fields.values())))
        coverage = float(g.choice(list(s.coverage), p=list(s.coverage.values())))
        return Protocol(
            shape=shape,
            spacing=spacing,
            coverage=coverage,
            field_of_view=field if field > 0 else None,
            margin=float(np.clip(g.normal(s.margin, 0.02), 0.9, 1.4)),
            breath=_breath(g, s.breath, severity),
            breathing=_breathing(g, s.restless, severity),
            heartbeat=float(np.clip(g.normal(5.0, 1.5), 1, 10)),
            rotation=s.rotation,
            table=s.table,
            contrast=float(g.uniform(90, 230) if g.random() < s.contrast else 0.0),
            electrodes=bool(g.random() < s.electrodes),
            kernel=str(kernel),
            crispness=float(s.crispness * g.uniform(0.95, 1.05)),
            hardening=float(s.hardening * g.uniform(0.7, 1.3)),
            noise=float(np.clip(g.lognormal(np.log(s.noise), 0.30), 5, 35)),
            noise_seed=seed,
            offset=float(np.clip(g.normal(s.offset, 1.2), -5, 5)),
            couch=s.couch,
            circle=bool(g.random() < s.circle),
            padding=s.padding,
            tilt=float(g.normal(0, 0.035)),
            shift=(float(g.normal(0, 7)), float(g.normal(0, 5))),
            manufacturer=s.manufacturer,
            model=s.model,
            kernel_name=s.kernels[kernel],
        )


def _breath(g: np.random.Generator, mean: float, severity: int) -> float:
    """Draw the depth of a breath, less deep in the ill."""
    centre = mean - (0.0, 0.03, 0.07, 0.15)[severity]
    return float(g.beta(7.0 * centre, 7.0 * (1 - centre)))


def _breathing(g: np.random.Generator, share: float, severity: int) -> float:
    """Draw how far the lungs move during the scan; 0 for most, who hold their breath."""
    amplitude = float(np.clip(g.lognormal(np.log(6.0), 0.45), 1.5, 15))
    return amplitude if g.random() < share * (0.5 + 0.6 * severity) else 0.0

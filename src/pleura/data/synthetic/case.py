"""A seed, a class and a severity in, one synthetic case out: volume, masks and what it was drawn from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pleura.data.synthetic.anatomy.body import draw_anatomy
from pleura.data.synthetic.anatomy.patient import Patient
from pleura.data.synthetic.findings.classes import draw_findings
from pleura.data.synthetic.findings.kinds import FLUID
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.scanner.acquire import acquire
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.errors import RecipeError
from pleura.imaging.fingerprint import fingerprint
from pleura.imaging.volume import Source, Volume
from pleura.settings import LABELS

__all__ = ["SyntheticCase", "generate_case"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SyntheticCase:
    """One case; the masks are (z, y, x) on the volume's grid."""

    volume: Volume
    lungs: npt.NDArray[np.uint8]
    """0 outside, 1 right lung, 2 left lung. Ground glass, consolidation, vessels and small airways inside the lungs
    count as lung; the mediastinum with its large vessels, and fluid in the pleural space, do not."""
    lobes: npt.NDArray[np.uint8]
    """0 outside, 1 right upper, 2 right middle, 3 right lower, 4 left upper, 5 left lower; lungs where it is not 0."""
    lesions: npt.NDArray[np.uint8]
    """0 none, 1 ground glass, 2 consolidation, 3 nodule or other focal finding, 4 pleural fluid. Specks and scars that
    have nothing to do with pneumonia count as 3, in every class."""
    patient: Patient
    protocol: Protocol
    thickness: float
    """Slice thickness, mm; that of the protocol's coverage and the volume's spacing."""
    label: str
    severity: int
    """0 for healthy, else 1 to 3."""


def generate_case(
    *, seed: int, label: str, severity: int = 2, protocol: Protocol | None = None, stage: Stage | None = None
) -> SyntheticCase:
    """Generate one case; the same arguments give the same voxels.

    Parameters
    ----------
    seed : from 0; its lowest 32 bits count. One seed is one patient, whatever the class and the protocol
    label : one of `pleura.settings.LABELS`
    severity : 1 to 3; a healthy case has severity 0 whatever is given
    protocol : None draws a scanner and a small grid from the seed
    stage : the day of the disease's course; None draws the disease at its usual extent. With another stage the same
        seed is the same patient with the same lesions grown or shrunk; healthy cases and nodules stay as they are

    Raises
    ------
    RecipeError
        If the label, the severity or the seed is none of these.
    """
    if label not in LABELS:
        raise RecipeError(f"no class is called {label!r}; choose one of {', '.join(LABELS)}")
    if label != "healthy" and severity not in (1, 2, 3):
        raise RecipeError(f"severity must be 1, 2 or 3, got {severity!r}")
    if seed < 0:
        raise RecipeError(f"seed must be 0 or more, got {seed}")
    grade = 0 if label == "healthy" else severity
    p = protocol or Protocol.draw(seed, severity=grade)
    anatomy = draw_anatomy(seed)
    findings = draw_findings(anatomy, label, grade, step=3.0 if p.shape[-1] > 200 else 5.0, stage=stage)
    scan = acquire(anatomy, findings, p)
    lobes = np.where(scan.lesions == FLUID, 0, scan.lobes).astype(np.uint8)
    source = Source(
        format="synthetic",
        sha256=fingerprint(scan.hu, scan.affine),
        manufacturer=p.manufacturer,
        scanner=p.model,
        kernel=p.kernel_name,
        series_description="SYNTHETIC chest",
        notes=("synthetic: drawn from a seed, not a patient",),
    )
    return SyntheticCase(
        volume=Volume(hu=scan.hu, affine=scan.affine, source=source),
        lungs=np.where(lobes > 3, 2, np.where(lobes > 0, 1, 0)).astype(np.uint8),
        lobes=lobes,
        lesions=scan.lesions,
        patient=anatomy.patient,
        protocol=p,
        thickness=scan.thickness,
        label=label,
        severity=grade,
    )

"""A seed in, a patient out: the numbers that everything drawn of this patient follows from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pleura.data.synthetic.streams import stream

__all__ = ["Patient"]


@dataclass(frozen=True, kw_only=True)
class Patient:
    """One person of the cohort; the distributions are plausible, not fitted to a population."""

    sex: Literal["F", "M"]
    age: float
    """Years, 18 to 92."""
    height: float
    """Height of the lungs from the lowest recess to the apex, mm."""
    width: float
    """Width of the rib cage; 1 is an average man."""
    depth: float
    """Depth of the rib cage from front to back; 1 is an average man."""
    fat: float
    """Thickness of the fat under the skin, mm."""
    parenchyma: float
    """Mean HU of aerated lung."""
    gravity: float
    """HU by which the lung grows denser from front to back in a patient lying on the back."""
    emphysema: float
    """0 none to 1 severe."""
    scars: int
    """Number of old scars in the lungs."""
    bone: float
    """Density of spongy bone; 1 at about 60 years."""
    dependent: float
    """Atelectasis at the back, 0 to 1."""
    device: Literal["", "pacemaker", "defibrillator"]
    """What lies under the skin of the left chest, empty for most."""
    sternal_wires: bool
    """Whether the sternum was once sawn through, and is held by wires."""

    @staticmethod
    def draw(seed: int) -> "Patient":
        """Draw a patient; the same seed gives the same one."""
        g = stream(seed, "patient")
        sex: Literal["F", "M"] = "F" if g.random() < 0.47 else "M"
        age = float(np.clip(g.normal(57, 17), 18, 92))
        size = 0.91 if sex == "F" else 1.0
        smoker = g.random() < (0.20 + 0.002 * age)
        return Patient(
            sex=sex,
            age=age,
            height=float(size * g.normal(252, 13)),
            width=float(size * g.normal(1.0, 0.045)),
            depth=float((0.94 if sex == "F" else 1.0) * g.normal(1.0, 0.06) * (1 + 0.0012 * (age - 55))),
            fat=float(np.clip(g.lognormal(np.log(13 if sex == "M" else 17), 0.45), 5, 48)),
            parenchyma=float(g.normal(-862, 20)),
            gravity=float(np.clip(g.normal(75, 25), 20, 150)),
            emphysema=float(g.beta(1.3, 2.5) if smoker and age > 40 else 0.0),
            scars=int(g.poisson(0.015 * max(age - 30, 0))),
            bone=float(np.clip(1.45 - 0.011 * (age - 20), 0.45, 1.4)),
            dependent=float(g.beta(1.2, 3.0)),
            device=_device(g, age),
            sternal_wires=bool(g.random() < (0.025 if age > 50 else 0.003)),
        )


def _device(g: np.random.Generator, age: float) -> Literal["", "pacemaker", "defibrillator"]:
    """Draw what one in 50 people above 75 years have, and few before."""
    share, kind = g.random(2)
    if share > (0.02 if age > 75 else 0.01 if age > 55 else 0.001):
        return ""
    return "pacemaker" if kind < 0.8 else "defibrillator"

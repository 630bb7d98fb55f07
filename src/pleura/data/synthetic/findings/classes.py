"""An anatomy, a class and a severity in, its findings out, with the patient's unrelated specks and scars on top.

Burden, density and number are drawn from distributions that overlap between the classes: what separates them is where
the disease lies and how it is arranged.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pleura.data.synthetic.anatomy.body import Anatomy
from pleura.data.synthetic.findings.bacterial import draw_bacterial
from pleura.data.synthetic.findings.covid import draw_covid
from pleura.data.synthetic.findings.kinds import NODULE
from pleura.data.synthetic.findings.lung_grid import LungGrid
from pleura.data.synthetic.findings.objects import draw_nodules, draw_scars
from pleura.data.synthetic.findings.pattern import Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.findings.viral import draw_viral
from pleura.data.synthetic.streams import stream

__all__ = ["draw_findings"]

Draw = Callable[[np.random.Generator, LungGrid, int, Stage | None], Findings]


def _draw_healthy(_: np.random.Generator, lungs: LungGrid, __: int, ___: Stage | None) -> Findings:
    zero = np.zeros(lungs.mask.shape, np.float32)
    return pack(lungs, ground_glass=zero, consolidation=zero, septa=zero, fluid=zero)


_DRAWN: dict[str, Draw] = {
    "healthy": _draw_healthy,
    "covid-19": draw_covid,
    "other-viral": draw_viral,
    "bacterial": draw_bacterial,
}
"""How each class of `pleura.settings.CLASSES` is drawn."""


def draw_findings(anatomy: Anatomy, label: str, severity: int, *, step: float, stage: Stage | None = None) -> Findings:
    """Draw the findings of one class.

    Parameters
    ----------
    anatomy : whose lungs
    label : one of `pleura.settings.CLASSES`
    severity : 0 for healthy, 1 to 3 for a disease
    step : grid of the fields, mm
    stage : the day of the course; None as the class and the severity draw it
    """
    g = stream(anatomy.seed, "findings")
    lungs = LungGrid(anatomy, step)
    findings = _DRAWN[label](g, lungs, severity, stage)
    specks = draw_nodules(g, lungs, count=int(g.poisson(0.6)), smallest=1.3, largest=2.8)
    scars = draw_scars(g, lungs, anatomy.patient.scars)
    return replace(findings, over=findings.over + Painted.of(specks + scars, NODULE))

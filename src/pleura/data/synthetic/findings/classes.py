"""An anatomy, a label and a severity in, its findings out, with the patient's unrelated specks and scars on top.

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
from pleura.data.synthetic.findings.nodule import draw_nodule
from pleura.data.synthetic.findings.objects import draw_plates, draw_scars, draw_specks
from pleura.data.synthetic.findings.pattern import Findings, Painted, pack
from pleura.data.synthetic.findings.stage import Stage
from pleura.data.synthetic.findings.tuberculosis import draw_tuberculosis
from pleura.data.synthetic.findings.viral import draw_viral
from pleura.data.synthetic.streams import stream

__all__ = ["draw_findings"]

Draw = Callable[[np.random.Generator, LungGrid, int, Stage | None], Findings]


def _draw_healthy(_: np.random.Generator, lungs: LungGrid, __: int, ___: Stage | None) -> Findings:
    return pack(lungs)


_DRAWN: dict[str, Draw] = {
    "healthy": _draw_healthy,
    "covid-19": draw_covid,
    "other-viral": draw_viral,
    "bacterial": draw_bacterial,
    "tuberculosis": draw_tuberculosis,
    "nodule": draw_nodule,
}
"""How each label of `pleura.settings.LABELS` is drawn."""


def draw_findings(anatomy: Anatomy, label: str, severity: int, *, step: float, stage: Stage | None = None) -> Findings:
    """Draw the findings of one label.

    Parameters
    ----------
    anatomy : whose lungs
    label : one of `pleura.settings.LABELS`
    severity : 0 for healthy, 1 to 3 for a disease
    step : grid of the fields, mm
    stage : the day of the course; None as the class and the severity draw it
    """
    lungs = LungGrid(anatomy, step)
    findings = _DRAWN[label](stream(anatomy.seed, "findings"), lungs, severity, stage)
    g = stream(anatomy.seed, "confounders")  # of the patient: the same with every disease and on every day
    rows = draw_specks(g, lungs, int(g.poisson(0.9)))
    rows += draw_scars(g, lungs, anatomy.patient.scars)
    rows += draw_plates(g, lungs, int(g.poisson(0.25)))
    return replace(findings, over=findings.over + Painted.of(rows, NODULE))

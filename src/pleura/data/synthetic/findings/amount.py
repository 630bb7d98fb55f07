"""A severity and a day in, how much disease there is out: burden, consolidated share, paving, bands."""

from dataclasses import dataclass

import numpy as np

from pleura.data.synthetic.findings.stage import Stage

__all__ = ["SEVERITY_BANDS", "Amount", "draw_amount", "draw_burden", "draw_consolidated_share"]

SEVERITY_BANDS = ((0.0, 0.05), (0.05, 0.25), (0.25, 1.0))
"""Share of the lungs with disease that defines severity I, II and III: marks of the lobar score of Pan et al. (2020,
doi 10.1148/radiol.2020200370), applied to both lungs together. One case in ten or fewer lies outside its band."""
_MEDIAN = (0.029, 0.115, 0.37)
_SPREAD = (0.42, 0.42, 0.30)
_LARGEST_SHARE = 0.85
"""Most of the lungs that a disease can take."""
_FADES = 0.15
"""Extent of a stage below which the density fades too."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much disease there is on the day of the scan."""

    drawn: float
    """Share of the lungs with disease that the severity draws: the lesions' places and sizes follow from it."""
    now: float
    """Share of the lungs with disease on this day."""
    extent: float
    """`now` over `drawn`, before the limit of what lungs can hold."""
    consolidated: float
    """Share of the diseased lung that has consolidated."""
    paving: float
    """How far thickened septa show, 0 to 1."""
    bands: float
    """How far subpleural bands show, 0 to 1."""
    strength: float
    """Factor on the density: 1, and falling to 0 with the last of the disease."""


def draw_burden(g: np.random.Generator, severity: int) -> float:
    """Share of the lungs with disease; severity 1 to 3 overlap a little, and all diseases share this distribution."""
    drawn = g.lognormal(np.log(_MEDIAN[severity - 1]), _SPREAD[severity - 1])
    return float(np.clip(drawn, 0.006, 0.72))


def draw_consolidated_share(g: np.random.Generator, severity: int) -> float:
    """Share of the diseased lung that has consolidated, of the viral diseases."""
    return float(np.clip(g.beta((0.7, 1.3, 2.0)[severity - 1], 5.5), 0, 0.9))


def draw_amount(
    g: np.random.Generator, severity: int, stage: Stage | None, *, consolidated: float, paving: float, bands: float
) -> Amount:
    """Draw how much disease there is; a stage replaces the other arguments, which the class has drawn.

    The same numbers are drawn with and without a stage, so that whatever is drawn afterwards stays where it is.
    """
    drawn = draw_burden(g, severity)
    extent = 1.0 if stage is None else stage.extent
    return Amount(
        drawn=drawn,
        now=min(drawn * extent, _LARGEST_SHARE),
        extent=extent,
        consolidated=consolidated if stage is None else stage.consolidation,
        paving=paving if stage is None else stage.crazy_paving,
        bands=bands if stage is None else stage.bands,
        strength=min(1.0, extent / _FADES),
    )

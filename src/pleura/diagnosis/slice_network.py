"""A slice network and a study's lung slices in; what it says of them out (CoviDet's DL1 and DL2).

The network sees the slices from feet to head, without those that are not fit to be shown. Nothing is drawn: the same
scan gives the same answer.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from pleura.diagnosis.compose import model_info
from pleura.diagnosis.novelty import novelty
from pleura.diagnosis.prepared import PreparedSlices
from pleura.diagnosis.report import SliceNetworkAnswer
from pleura.errors import GeometryError
from pleura.imaging.field import Field
from pleura.imaging.subsets import FEWEST_LUNG_SLICES
from pleura.models.files import Model
from pleura.models.predict import Prediction, predict

__all__ = ["Opinion", "ask_slice_network"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Opinion:
    """What one slice network says of a scan."""

    model: Model
    prediction: Prediction
    """Its `subsets` are slices of the volume, counted from the feet from 0."""
    field: Field
    """What the slices showed."""
    left_out: int
    """Lung slices that the network was not shown."""
    part: SliceNetworkAnswer
    """Of the report."""

    def probability(self, name: str) -> float:
        """Give P(class)."""
        return float(self.prediction.mean[self.model.card.classes.index(name)])


def ask_slice_network(
    model: Model,
    slices: PreparedSlices,
    *,
    left_out: npt.NDArray[np.bool_] | None = None,
    device: str | torch.device = "cpu",
    backend: str = "torch",
) -> Opinion:
    """Show a study's lung slices to a slice network.

    Parameters
    ----------
    model : one that takes every slice
    slices : of the study
    left_out : (z,), slices that are not to be shown, such as those a cleaner finds unfit; none by default
    device, backend : where and with what to compute

    Raises
    ------
    GeometryError
        If fewer than 8 lung slices remain, or `left_out` is not of the volume's length.
    NoLungsError
        If there are no lungs.
    ModelError
        If the network gives no numbers.
    """
    length = slices.volume.shape[0]
    if left_out is not None and left_out.shape != (length,):
        raise GeometryError(f"slices to leave out of shape {left_out.shape}; need ({length},), one a slice")
    prepared, field = slices.of(model.card.input)
    places = np.arange(*field.slices)
    kept = np.ones(len(places), dtype=bool) if left_out is None else ~left_out[places]
    if kept.sum() < FEWEST_LUNG_SLICES:
        raise GeometryError(
            f"{int(kept.sum())} of {len(places)} lung slices are left; the slice network needs at least "
            f"{FEWEST_LUNG_SLICES}: use a series with thinner or better slices"
        )
    found = predict(model, prepared[kept], seed=0, device=device, backend=backend)
    prediction = replace(found, subsets=places[kept][found.subsets])
    unseen = int((~kept).sum())
    part = SliceNetworkAnswer(
        classes=model.card.classes,
        probabilities=tuple(map(float, prediction.mean)),
        slices_seen=prediction.subsets.shape[1],
        slices_left_out=unseen,
        novelty=novelty(model, prediction),
        model=model_info(model),
    )
    return Opinion(model=model, prediction=prediction, field=field, left_out=unseen, part=part)

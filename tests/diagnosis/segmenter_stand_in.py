"""Networks that segment by thresholds, so that what they find is known beforehand."""

from pathlib import Path

import torch
from torch import Tensor

from pleura.models.card import Card
from pleura.models.files import SegmentationModel
from pleura.models.segmenter import SEGMENTS, Segmenter
from pleura.settings import InputSettings

__all__ = ["stand_in"]


class _Between(Segmenter):
    """Finds what lies between two densities; of lungs, the right one in the left half of the picture."""

    def __init__(self, task: str, hu: tuple[float, float], settings: InputSettings) -> None:
        super().__init__()
        self.task = task
        self.low, self.high = ((value - settings.mean) / settings.std for value in hu)
        self.seen = 0

    def segment(self, x: Tensor) -> Tensor:
        self.seen += len(x)
        over = torch.minimum(x[:, 0] - self.low, self.high - x[:, 0]) * 50.0
        if self.task == "lesions":
            return torch.stack([torch.zeros_like(over), over], dim=1)
        column = torch.arange(x.shape[3]).expand_as(over)
        half = x.shape[3] / 2
        right, left = (torch.where(side, over, torch.tensor(-50.0)) for side in (column < half, column >= half))
        return torch.stack([torch.zeros_like(over), right, left], dim=1)


def stand_in(
    task: str, hu: tuple[float, float], *, field: str = "lungs", size: int = 96, slices: int = 64
) -> SegmentationModel:
    """A segmentation model for a task that goes by HU."""
    settings = InputSettings(size=size, slices=slices, subsets=1, interval="every", field=field)
    card = Card(
        name=f"{task}-stand-in",
        architecture="deeplabv3plus-densenet121",
        arguments={"classes": len(SEGMENTS[task])},
        classes=SEGMENTS[task],
        input=settings,
        licence="Apache-2.0",
        training={"synthetic": True, "summary": "none"},
        task=task,
    )
    return SegmentationModel(_Between(task, hu, settings).eval(), card, "0" * 64, Path())

"""A segmenter and the stacks of some cases in, how well it finds what is there out; a case is judged as a volume."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from pleura.data.segmentation.stacks import Stack
from pleura.imaging.sequence import slice_sequence
from pleura.models.predict import normalise
from pleura.settings import InputSettings
from pleura.training.steps import autocast

__all__ = ["Counts", "count_pixels", "judge", "overlap_scores"]

BATCH = 16


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Pixels of one case's slices."""

    shared: npt.NDArray[np.int64]
    """Of each class after the first: found and there, (classes - 1,)."""
    found: npt.NDArray[np.int64]
    """Found."""
    there: npt.NDArray[np.int64]
    """There."""
    lungs: int
    """In the lungs."""
    entropy: float
    """Mean cross-entropy over all pixels."""

    @property
    def dice(self) -> npt.NDArray[np.float64]:
        """Dice of each class; NaN for one that is not there, whatever was found."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.there > 0, 2 * self.shared / (self.found + self.there), np.nan)


@torch.inference_mode()
def count_pixels(
    network: nn.Module,
    settings: InputSettings,
    stack: Stack,
    *,
    most: int,
    inside: bool,
    device: str | torch.device = "cpu",
    precision: str = "float32",
) -> Counts:
    """Segment a case's slices and count.

    Parameters
    ----------
    network : a segmenter
    settings : normalisation
    stack : the case's slices, at least 8
    most : slices to look at, evenly spread
    inside : whether what is found outside the lungs is left out, as in a diagnosis
    device, precision : where and how to compute
    """
    network.eval()
    chosen = slice_sequence(stack.count, most=most)
    counted: npt.NDArray[np.int64] | int = 0
    lung_pixels, entropy = 0, 0.0
    for first in range(0, len(chosen), BATCH):
        planes = np.stack([stack.take(int(z)) for z in chosen[first : first + BATCH]])  # (n, 3, size, size)
        x = normalise(planes[:, 0], settings)[:, None].to(device)  # (n, 1, size, size)
        truth = torch.from_numpy(planes[:, 1].astype(np.int64)).to(device)
        lungs = torch.from_numpy(planes[:, 2] > 0).to(device)
        with autocast(torch.device(device), precision):
            logits = network(x.contiguous(memory_format=torch.channels_last))  # (n, classes, size, size)
        logits = logits.float()
        answer = logits.argmax(dim=1)
        if inside:
            answer = answer * lungs
        classes = logits.shape[1]
        counted += np.stack([_histogram(one, classes) for one in (answer[answer == truth], answer, truth)])
        lung_pixels += int(lungs.sum())
        entropy += float(functional.cross_entropy(logits, truth)) * len(planes) / len(chosen)
    shared, found, there = np.asarray(counted)
    return Counts(shared=shared, found=found, there=there, lungs=lung_pixels, entropy=entropy)


def overlap_scores(counts: Sequence[Counts], classes: Sequence[str], *, ratio: bool) -> dict[str, float]:
    """Sum up cases, as columns of a log.

    Parameters
    ----------
    counts : one a case
    classes : names of the outputs, the first meaning that nothing is there
    ratio : whether to compare the share of the lungs that was found with that which is there

    Returns
    -------
    `validation_dice`, mean over the classes of the mean over the cases that have the class; one for each class where
    there are several; `validation_ratio_rmse`, root mean square error of the share of the lungs over all cases, and
    `validation_false_ratio`, mean share found in cases that have none, where there are such; and `validation_loss`, the
    mean cross-entropy plus one minus that Dice.
    """
    dice = np.array([one.dice for one in counts])  # (cases, classes - 1)
    by_class = {name: float(np.nanmean(dice[:, number])) for number, name in enumerate(classes[1:])}
    mean = float(np.mean(list(by_class.values())))
    scores = {"validation_loss": float(np.mean([one.entropy for one in counts])) + 1 - mean, "validation_dice": mean}
    if len(by_class) > 1:
        scores |= {f"validation_dice_{name.replace('-', '_')}": value for name, value in by_class.items()}
    if ratio:
        shares = np.array([[part.sum() / max(one.lungs, 1) for part in (one.found, one.there)] for one in counts])
        scores["validation_ratio_rmse"] = float(np.sqrt(np.mean((shares[:, 0] - shares[:, 1]) ** 2)))
        if (shares[:, 1] == 0).any():
            scores["validation_false_ratio"] = float(shares[shares[:, 1] == 0, 0].mean())
    return scores


def judge(
    network: nn.Module,
    settings: InputSettings,
    stacks: Sequence[Stack],
    classes: Sequence[str],
    *,
    most: int,
    lesions: bool,
    device: str | torch.device = "cpu",
    precision: str = "float32",
    on_case: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Segment cases and sum up; parameters as of `count_pixels` and `overlap_scores`."""
    counts = []
    for stack in stacks:
        counts.append(
            count_pixels(network, settings, stack, most=most, inside=lesions, device=device, precision=precision)
        )
        on_case()
    return overlap_scores(counts, classes, ratio=lesions)


def _histogram(answer: Tensor, classes: int) -> npt.NDArray[np.int64]:
    """Pixels of each class after the first."""
    return np.asarray(torch.bincount(answer.flatten(), minlength=classes)[1:].cpu().numpy(), dtype=np.int64)

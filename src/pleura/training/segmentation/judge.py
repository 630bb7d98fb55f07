"""A segmenter and the stacks of some cases in, how well it finds what is there out; a case is judged as a volume."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from pleura.data.segmentation.stacks import Stack
from pleura.imaging.sequence import slice_sequence
from pleura.models.predict import normalise
from pleura.models.segmenter import Segmenter
from pleura.settings import InputSettings
from pleura.training.steps import autocast

__all__ = ["HALF", "Counts", "best_cutoff", "count_at", "count_pixels", "judge", "overlap_scores"]

ALIKE = 0.002
"""Mean Dice by which cut-offs are told apart; what lies closer is as good."""
BATCH = 16
HALF = 0.5
"""The plain cut-off: a pixel is something where that is more probable than nothing."""


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
        """Dice of each class; NaN for a class that is not there, whatever was found."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.there > 0, 2 * self.shared / (self.found + self.there), np.nan)


def count_pixels(
    network: Segmenter,
    settings: InputSettings,
    stack: Stack,
    *,
    most: int,
    inside: bool,
    device: str | torch.device = "cpu",
    precision: str = "float32",
) -> Counts:
    """Segment a case's slices with the plain cut-off and count; parameters as of `count_at`."""
    (counts,) = count_at(
        (HALF,), network, settings, stack, most=most, inside=inside, device=device, precision=precision
    )
    return counts


@torch.inference_mode()
def count_at(
    cutoffs: Sequence[float],
    network: Segmenter,
    settings: InputSettings,
    stack: Stack,
    *,
    most: int,
    inside: bool,
    device: str | torch.device = "cpu",
    precision: str = "float32",
) -> tuple[Counts, ...]:
    """Segment a case's slices and count, with each of several cut-offs.

    Parameters
    ----------
    cutoffs : a pixel is something from such a sum of probabilities on, and then the most probable thing
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
        planes = np.stack([stack.take(z, network.neighbours) for z in chosen[first : first + BATCH].tolist()])
        x = normalise(planes[:, :-2], settings).to(device)  # (n, 1 + 2 neighbours, size, size)
        truth = torch.from_numpy(planes[:, -2].astype(np.int64)).to(device)
        lungs = torch.from_numpy(planes[:, -1] > 0).to(device)
        with autocast(torch.device(device), precision):
            logits = network(x.contiguous(memory_format=torch.channels_last))  # (n, classes, size, size)
        logits = logits.float()
        classes = logits.shape[1]
        shares = torch.softmax(logits, dim=1)[:, 1:]
        something, thing = shares.sum(dim=1), shares.argmax(dim=1) + 1
        if inside:
            something = something * lungs
        answers = [thing * (something >= cutoff) for cutoff in cutoffs]
        both = [_histogram(answer[answer == truth], classes) for answer in answers]
        counted += np.stack([*both, *(_histogram(answer, classes) for answer in answers), _histogram(truth, classes)])
        lung_pixels += int(lungs.sum())
        entropy += float(functional.cross_entropy(logits, truth)) * len(planes) / len(chosen)
    counted = np.asarray(counted)  # (2 cutoffs + 1, classes - 1)
    return tuple(
        Counts(
            shared=counted[place],
            found=counted[len(cutoffs) + place],
            there=counted[-1],
            lungs=lung_pixels,
            entropy=entropy,
        )
        for place in range(len(cutoffs))
    )


def best_cutoff(counts: Sequence[Sequence[Counts]], cutoffs: Sequence[float]) -> float:
    """Choose the cut-off with the highest mean Dice, or one as good, within `ALIKE`, that is nearest to a half.

    Dice hardly tells one cut-off from the next; the nearer to a half, the less a volume is too large by.

    Parameters
    ----------
    counts : of each case one a cut-off
    cutoffs : to choose from
    """
    dice = np.nanmean([[one.dice for one in case] for case in counts], axis=(0, 2))  # (cutoffs,)
    best = [cutoff for cutoff, mean in zip(cutoffs, dice, strict=True) if mean >= dice.max() - ALIKE]
    return min(best, key=lambda cutoff: abs(cutoff - HALF))


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
    network: Segmenter,
    settings: InputSettings,
    stacks: Sequence[Stack],
    *,
    most: int,
    lesions: bool,
    cutoffs: Sequence[float] = (HALF,),
    device: str | torch.device = "cpu",
    precision: str = "float32",
    on_case: Callable[[], object] = lambda: None,
) -> list[tuple[Counts, ...]]:
    """Count as `count_at` does in each case; lesions are looked for inside the lungs."""
    counts = []
    for stack in stacks:
        counts.append(
            count_at(cutoffs, network, settings, stack, most=most, inside=lesions, device=device, precision=precision)
        )
        on_case()
    return counts


def _histogram(answer: Tensor, classes: int) -> npt.NDArray[np.int64]:
    """Pixels of each class after the first."""
    return np.asarray(torch.bincount(answer.flatten(), minlength=classes)[1:].cpu().numpy(), dtype=np.int64)

"""Stacks of slices and a seed in, single slices with a fault or without and what they are out.

What an example is depends only on the seed, the epoch and its number, so a run that is resumed sees the same ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from pleura.data.examples import Batch
from pleura.data.faults.kinds import FAULTS, FIT, NO_LUNG, SLICE_CLASSES, SLIVER
from pleura.data.faults.scene import AIR_HU, Image, Mask, Scene
from pleura.data.slice_stacks import SliceStack
from pleura.data.synthetic.scanner.metal import METAL_HU
from pleura.errors import RecipeError
from pleura.models.predict import normalise
from pleura.settings import AugmentationSettings, InputSettings

__all__ = ["FaultSettings", "SliceExamples", "natural_class"]

_EXAMPLE, _ORDER = 31, 32
"""First numbers of the streams of random numbers."""
_WIDEST_PIXEL = 600.0 / 96
"""No slice is drawn smaller than an image 600 mm wide would show it in 96 columns, mm a pixel."""
_LEAST_PIXELS = 16
"""Of lung in a fit slice, so that there is something for a fault to hit."""


@dataclass(frozen=True, kw_only=True)
class FaultSettings:
    """What the examples of a slice cleaner are."""

    examples: int = 4096
    """Slices drawn in an epoch."""
    redrawn: int = 1
    """Epochs after which new slices are drawn. Drawing costs more than a narrow network's step; from 2 on an epoch's
    slices are held in memory."""
    slices: int = 48
    """Slices of a case that are drawn from, evenly spread over its series."""
    sliver: float = 0.10
    """A slice with less lung than this share of the series' largest is a sliver."""
    band: float = 0.02
    """Slices this close to the border on either side are not drawn: which side they are on is nobody's loss."""
    fit: float = 0.40
    """Share of the examples that are fit."""
    no_lung: float = 0.11
    """Share without lung."""
    slivers: float = 0.14
    """Share with a sliver; the faults that are drawn have the rest, in equal parts."""
    harmless: float = 0.35
    """Share of the fit that have a fault too slight to matter."""
    smallest: float = 0.6
    """Slices are drawn at this share of their size to `largest` times it."""
    largest: float = 1.1

    def __post_init__(self) -> None:
        problems = (
            (min(self.examples, self.slices, self.redrawn) < 1, "examples, redrawn and slices must be positive"),
            (not 0 < self.band < self.sliver < 1, f"need 0 < band < sliver < 1, got {self.band} and {self.sliver}"),
            (
                min(self.fit, self.no_lung, self.slivers) <= 0 or self.fit + self.no_lung + self.slivers >= 1,
                "fit, no_lung and slivers must be positive and leave a share for the faults",
            ),
            (not 0 <= self.harmless <= 1, f"harmless = {self.harmless}; need 0 to 1"),
            (
                not 0.2 <= self.smallest <= self.largest <= 2,
                f"need 0.2 <= smallest <= largest <= 2, got {self.smallest} and {self.largest}",
            ),
        )
        for wrong, what in problems:
            if wrong:
                raise RecipeError(f"faults: {what}")

    def shares(self) -> npt.NDArray[np.float64]:
        """Share of each class, in the order of `SLICE_CLASSES`."""
        rest = (1.0 - self.fit - self.no_lung - self.slivers) / len(FAULTS)
        return np.array([self.fit, self.no_lung, self.slivers] + [rest] * len(FAULTS))


def natural_class(share: float, settings: FaultSettings) -> str | None:
    """Class of a slice without a drawn fault; None where it is too close to call.

    Parameters
    ----------
    share : lung area over that of the series' slice with most
    settings : where the borders are

    Examples
    --------
    >>> [natural_class(share, FaultSettings()) for share in (0.0, 0.05, 0.1, 0.5)]
    ['no-lung', 'sliver', None, 'fit']
    """
    if share == 0:
        return NO_LUNG
    if share < settings.sliver - settings.band:
        return SLIVER
    return FIT if share >= settings.sliver + settings.band else None


@dataclass(frozen=True, kw_only=True)
class SliceExamples:
    """Slices to draw examples from."""

    stacks: Sequence[SliceStack]
    settings: FaultSettings
    input: InputSettings
    """Window, mean and standard deviation."""
    augmentation: AugmentationSettings
    """Shift, offset and noise; of `scale` the settings' own range takes the place."""
    seed: int
    batch: int
    places: Mapping[str, npt.NDArray[np.int64]] = field(init=False)
    """Natural class -> (n, 2): numbers of stacks and of slices in them."""
    held: dict[tuple[int, int], tuple[npt.NDArray[np.int16], int]] = field(init=False, default_factory=dict)
    """Slices drawn for these epochs, by the number of the drawing and their own."""

    def __post_init__(self) -> None:
        found: dict[str, list[tuple[int, int]]] = {FIT: [], NO_LUNG: [], SLIVER: []}
        for number, stack in enumerate(self.stacks):
            metal = (stack.slices > METAL_HU).any(axis=(1, 2))  # already there, and how bad it is nobody has said
            for z in np.flatnonzero(~metal):
                kind = natural_class(float(stack.shares[z]), self.settings)
                if kind is not None and (kind != FIT or np.count_nonzero(stack.lungs[z]) >= _LEAST_PIXELS):
                    found[kind].append((number, int(z)))
        absent = [name for name, places in found.items() if not places]
        if absent:
            raise RecipeError(
                f"no slice that is {' or '.join(absent)} in {len(self.stacks)} cases; "
                "a cleaner learns from whole series that reach beyond the lungs"
            )
        object.__setattr__(self, "places", {name: np.array(places) for name, places in found.items()})

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-self.settings.examples // self.batch)

    def draw(self, epoch: int, index: int) -> tuple[npt.NDArray[np.int16], int]:
        """Draw one slice.

        Parameters
        ----------
        epoch, index : numbers, from 0

        Returns
        -------
        image : HU, rounded, (size, size)
        label : index into `SLICE_CLASSES`
        """
        g = np.random.default_rng([_EXAMPLE, self.seed, epoch, index])
        label = int(g.choice(len(SLICE_CLASSES), p=self.settings.shares()))
        name = SLICE_CLASSES[label]
        places = self.places[FIT if name in FAULTS else name]
        number, z = (int(value) for value in places[g.integers(len(places))])
        stack = self.stacks[number]
        harmless = name == FIT and g.random() < self.settings.harmless
        fault = str(g.choice(list(FAULTS))) if harmless else name
        largest = min(self.settings.largest, 0.85) if fault == "arms" else self.settings.largest
        smallest = max(self.settings.smallest, stack.pixel / _WIDEST_PIXEL)
        scale = float(g.uniform(min(smallest, largest), largest))
        shift = g.uniform(-1, 1, 2) * self.augmentation.shift * self.input.size
        image = self._altered(_placed(stack.slices[z], scale, shift, AIR_HU), g)
        if fault in FAULTS:
            lungs = _placed(stack.lungs[z], scale, shift, 0.0) >= 0.5
            beside = z + int(g.choice([-1, 1]))
            neighbour = stack.slices[beside if 0 <= beside < len(stack.slices) else z]
            scene = Scene(
                image=image,
                lungs=lungs,
                neighbour=_placed(neighbour, scale, shift, AIR_HU),
                pixel=stack.pixel / scale,
            )
            image = FAULTS[fault](scene, g, harmful=name != FIT)
        clipped = np.clip(image, self.input.window_low, self.input.window_high)
        return np.rint(clipped).astype(np.int16), label

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Give an epoch's batches: normalised slices, (batch, 1, 1, size, size), and class numbers, (batch,)."""
        drawing = epoch // self.settings.redrawn
        order = np.random.default_rng([_ORDER, self.seed, epoch]).permutation(self.settings.examples)
        for first in range(0, len(order), self.batch):
            drawn = [self._drawn(drawing, int(index)) for index in order[first : first + self.batch]]
            yield Batch(
                inputs=normalise(np.stack([image for image, _ in drawn]), self.input)[:, None, None],
                labels=torch.tensor([label for _, label in drawn]),
                lesions=None,
            )

    def _drawn(self, drawing: int, index: int) -> tuple[npt.NDArray[np.int16], int]:
        """Draw a slice, or give the one that is held."""
        if self.settings.redrawn == 1:
            return self.draw(drawing, index)
        if self.held and next(iter(self.held))[0] != drawing:
            self.held.clear()
        if (drawing, index) not in self.held:
            self.held[drawing, index] = self.draw(drawing, index)
        return self.held[drawing, index]

    def _altered(self, image: Image, g: np.random.Generator) -> Image:
        """Add an offset and white noise."""
        offset = self.augmentation.offset_hu * g.uniform(-1, 1)
        noise = self.augmentation.noise_hu * g.random()
        drawn = g.standard_normal(image.shape, dtype=np.float32)
        return np.asarray(image + np.float32(offset) + np.float32(noise) * drawn, dtype=np.float32)


def _placed(image: npt.NDArray[np.int16] | Mask, scale: float, shift: npt.NDArray[np.float64], outside: float) -> Image:
    """Scale a slice about its middle and shift it, in pixels down and right."""
    centre = 0.5 * (np.array(image.shape) - 1)
    placed = ndimage.affine_transform(
        image.astype(np.float32),
        [1.0 / scale, 1.0 / scale],
        offset=centre - (centre + shift) / scale,
        order=1,
        mode="constant",
        cval=outside,
    )
    return np.asarray(placed, dtype=np.float32)

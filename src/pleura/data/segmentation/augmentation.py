"""Slices with their truth and a generator each in, randomly changed ones out: what differs between scans, and no more.

A published picture of a slice has lost its window, and often its contrast was stretched; so the window's ends are moved
and a gamma applied, and one network can see Hounsfield units and 8-bit pictures alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import cos, pi, sin

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pleura.errors import RecipeError
from pleura.settings import InputSettings

__all__ = ["SliceAugmentation", "augment_slices"]

_LIMITS = {"shift": 0.5, "scale": 0.5, "rotation": 45, "mirrored": 1, "window": 0.5, "gamma": 1, "smooth": 1}


@dataclass(frozen=True, kw_only=True)
class SliceAugmentation:
    """Random changes to training slices, drawn for each alone; 0 is off. Front and back are never exchanged."""

    shift: float = 0.05
    """Largest in-plane shift along each axis, as a share of the slice's width."""
    scale: float = 0.15
    """Largest relative change of in-plane size; 0.1 gives 0.9 to 1.1."""
    rotation: float = 10.0
    """Largest angle, degrees."""
    mirrored: float = 0.5
    """Share of the slices whose left and right are exchanged. A lesion is one on either side; a lung is not."""
    window: float = 0.1
    """Largest shift of each end of the window, as a share of its width."""
    gamma: float = 0.2
    """Largest natural logarithm of the power that grey values between the window's ends are raised to."""
    smooth: float = 0.5
    """Largest share of a slice that gives way to its 3 x 3 mean, or that is taken away from it: softer, or sharper."""
    noise_hu: float = 30.0
    """Largest standard deviation of white noise, HU."""

    def __post_init__(self) -> None:
        for entry in fields(self):
            value, top = getattr(self, entry.name), _LIMITS.get(entry.name, 500)
            if not 0 <= value <= top:
                raise RecipeError(f"augmentation: {entry.name} = {value}; need 0 to {top}")


def augment_slices(
    slices: Tensor,
    truth: Tensor,
    settings: SliceAugmentation,
    window: InputSettings,
    generators: Sequence[np.random.Generator],
) -> tuple[Tensor, Tensor]:
    """Change each slice, and its truth with it; its neighbours as it is itself, but for their own noise.

    Parameters
    ----------
    slices : HU, float32, (batch, 1 + 2 neighbours, size, size)
    truth : class numbers, uint8, (batch, size, size)
    settings : the limits
    window : its low and high end
    generators : one a slice, drawn from in the same way whatever the limits are

    Returns
    -------
    slices : within the window; edges are repeated where nothing is known
    truth : class 0 comes into view at the edges; classes are never mixed
    """
    low, width = float(window.window_low), float(window.window_high - window.window_low)
    drawn = np.stack([g.uniform(-1, 1, size=8) for g in generators])  # (batch, 8)
    noise = np.stack([g.standard_normal(slices.shape[1:], dtype=np.float32) for g in generators])
    grid = functional.affine_grid(
        _placing(drawn[:, :5], settings), [len(slices), 1, *slices.shape[2:]], align_corners=False
    )
    moved = functional.grid_sample(slices, grid, "bilinear", padding_mode="border", align_corners=False)
    shown = functional.grid_sample(
        truth[:, None].float(), grid, "nearest", padding_mode="zeros", align_corners=False
    ).to(truth.dtype)
    softened = functional.avg_pool2d(functional.pad(moved, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    moved = moved + _each(settings.smooth * drawn[:, 5]) * (softened - moved)

    bottom, top = (_each(settings.window * drawn[:, column]) for column in (6, 7))
    grey = ((moved - low) / width - bottom) / (1 + top - bottom)  # 0 to 1 within the moved window
    power = _each(np.exp(settings.gamma * np.stack([g.uniform(-1, 1) for g in generators])))
    grey = grey.clamp(0, 1) ** power
    strength = _each(settings.noise_hu * np.stack([g.random() for g in generators]))
    changed = low + width * grey + strength * torch.from_numpy(noise)
    return changed.clamp(low, low + width), shown[:, 0]


def _placing(drawn: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", settings: SliceAugmentation) -> Tensor:
    """Rows of (down, right, size, angle, side), -1 to 1 each, to affine matrices (batch, 2, 3) for `affine_grid`."""
    matrices = []
    for down, right, size, angle, side in drawn.tolist():
        turn = settings.rotation * angle * pi / 180
        grown = 1 / (1 + settings.scale * size)
        mirror = -1.0 if (side + 1) / 2 < settings.mirrored else 1.0
        matrices.append(
            [
                [mirror * grown * cos(turn), -mirror * grown * sin(turn), 2 * settings.shift * right],
                [grown * sin(turn), grown * cos(turn), 2 * settings.shift * down],
            ]
        )
    return torch.tensor(matrices, dtype=torch.float32)


def _each(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Tensor:
    """One number a slice, to be multiplied with (batch, 1, size, size)."""
    return torch.from_numpy(values.astype(np.float32))[:, None, None, None]

"""Stored pixel values in, Hounsfield units out; and whether values can be HU of a chest at all."""

import numpy as np
import numpy.typing as npt

__all__ = ["AIR", "implausible", "to_hounsfield"]

AIR = -1024
"""HU of what was not scanned, and the lowest value that a Volume holds."""
_HIGHEST = 32767


def _padded(stored: npt.NDArray[np.integer], padding: tuple[int, int] | None) -> npt.NDArray[np.bool_] | None:
    """Where stored values are padding; None where there is none. `padding` is unsigned, as `Plane.padding`."""
    if padding is None:
        return None
    first, last = (np.array(p & 0xFFFF, np.uint16).astype(stored.dtype) for p in padding)  # wraps to signed
    low, high = (first, last) if first <= last else (last, first)
    mask = stored == low if low == high else (stored >= low) & (stored <= high)
    return mask if mask.any() else None


def to_hounsfield(
    stored: npt.NDArray[np.integer],
    out: npt.NDArray[np.int16],
    *,
    slope: float,
    intercept: float,
    bits_stored: int = 16,
    padding: tuple[int, int] | None = None,
    lowest: int = AIR,
) -> bool:
    """Turn stored values into HU: rescale, padding to air, and nothing below `lowest`.

    Parameters
    ----------
    stored : (u)int8 or (u)int16 in native byte order; overwritten, and may share its memory with `out`
    out : int16, the same shape
    slope, intercept : HU = slope * stored + intercept
    bits_stored : low bits that count; those above are dropped (they may hold an overlay)
    padding : first and last stored value, unsigned as written, that mean "not scanned"
    lowest : HU below it are raised to it

    Returns
    -------
    bool
        Whether any value was padding.
    """
    mask = _padded(stored, padding)
    spare = 8 * stored.itemsize - bits_stored
    if spare:
        np.left_shift(stored, spare, out=stored)
        np.right_shift(stored, spare, out=stored)
    if slope == 1.0 and float(intercept).is_integer() and abs(intercept) <= _HIGHEST and stored.itemsize == 2:
        offset, bounds = int(intercept), np.iinfo(stored.dtype)
        floor, highest = lowest - offset, _HIGHEST - offset
        if floor > bounds.min:
            np.maximum(stored, stored.dtype.type(min(floor, bounds.max)), out=stored)
        if highest < bounds.max:
            np.minimum(stored, stored.dtype.type(max(highest, bounds.min)), out=stored)
        np.add(stored.view(np.uint16), np.uint16(offset & 0xFFFF), out=out.view(np.uint16))  # modulo 2**16, in range
    else:
        values = stored.astype(np.float64) * slope + intercept
        np.clip(np.rint(values, out=values), lowest, _HIGHEST, out=values)
        out[...] = values
    if mask is not None:
        np.putmask(out, mask, AIR)
    return mask is not None


def implausible(hu: npt.NDArray[np.int16]) -> str:
    """Why values cannot be HU of a chest; "" where they can.

    A chest on CT holds air, for there are lungs; tissue near water; little beyond bone; nothing less dense than air but
    the one value that fills what was not scanned; and neighbouring voxels that resemble each other. Maps, masks,
    pictures of 8 bits, values without a rescale and noise each break one of these.

    Parameters
    ----------
    hu : HU, axes (z, y, x), not yet raised to `AIR`; some slices are enough

    Returns
    -------
    str
        A few words with the share that was found.
    """
    sample = hu[:: max(1, len(hu) // 12)]
    air = float(np.mean(sample < -500))
    tissue = float(np.mean((sample > -250) & (sample < 250)))
    metal = float(np.mean(sample > 1500))
    nothing = float(np.mean((sample < -1250) & (sample > sample.min())))
    if air < 0.01:
        return f"implausible HU: {100 * air:.1f} % of voxels are below -500, where a chest has air"
    if tissue < 0.005:
        return f"implausible HU: {100 * tissue:.1f} % of voxels are near water, where a chest has tissue"
    if metal > 0.1:
        return f"implausible HU: {100 * metal:.1f} % of voxels are above 1500, as if not rescaled"
    if nothing > 0.02:
        return f"implausible HU: {100 * nothing:.1f} % of voxels are below -1250, where nothing is"
    values = np.clip(sample, AIR, 1500).astype(np.float32)
    values -= values.mean()
    likeness = float(np.mean(values[:, :, 1:] * values[:, :, :-1]) / max(float(np.mean(values * values)), 1e-6))
    if likeness < 0.5:
        return f"implausible HU: neighbouring voxels correlate at {likeness:.2f}, as in noise"
    return ""

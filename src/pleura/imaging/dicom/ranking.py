"""What usable series are like in, their order of preference and the rule that decides between two of them out."""

from dataclasses import dataclass

__all__ = ["RANKING_RULES", "Traits", "rank_key", "why_lower"]

_ENOUGH_MM = 250.0
"""Coverage that holds most lungs; more is no merit."""
_KERNELS = {"lung": 0, "standard": 1, "unknown": 1, "bone": 2, "soft": 2}
_PHASES = {"": 0, "enhanced": 1, "venous": 1, "delayed": 1, "arterial": 2}

RANKING_RULES = (
    "covers the lungs: within 20 % of the longest usable series, or 250 mm",
    "made by the scanner before derived from other images",
    "thin slices: at most 2.5 mm before at most 5 mm before thicker; the distance between slices counts if larger",
    "no contrast before venous, delayed or unnamed phases before arterial ones (angiography)",
    "a lung kernel before a standard or unnamed one before soft and bone kernels",
    "not compressed with loss",
    "more coverage, in steps of 10 mm up to 250 mm",
    "more slices",
    "the lower SeriesInstanceUID, so that the choice is always the same",
)
"""In order: the first on which two series differ decides."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What ranking looks at."""

    series_uid: str
    kernel: str
    kernel_class: str
    """One of lung, standard, soft, bone, unknown."""
    phase: str
    """As from `contrast_phase`."""
    thickness_mm: float
    """The larger of slice thickness and distance between slices."""
    coverage_mm: float
    slices: int
    derived: bool
    lossy: bool


def _thickness_step(traits: Traits) -> int:
    return 0 if traits.thickness_mm <= 2.55 else 1 if traits.thickness_mm <= 5.05 else 2


def rank_key(traits: Traits, longest_mm: float) -> tuple[int | str, ...]:
    """Sort key, lower is better; one entry for each of RANKING_RULES.

    Parameters
    ----------
    longest_mm : largest coverage of all usable series of the study
    """
    return (
        int(min(traits.coverage_mm, _ENOUGH_MM) < 0.8 * min(longest_mm, _ENOUGH_MM)),
        int(traits.derived),
        _thickness_step(traits),
        _PHASES[traits.phase],
        _KERNELS[traits.kernel_class],
        int(traits.lossy),
        -int(min(traits.coverage_mm, _ENOUGH_MM) // 10),
        -traits.slices,
        traits.series_uid,
    )


def _kernel(traits: Traits) -> str:
    return f"{traits.kernel} ({traits.kernel_class})" if traits.kernel else "not stated"


def why_lower(traits: Traits, chosen: Traits, longest_mm: float) -> str:
    """Say by which rule a usable series comes after the chosen one, with both values."""
    key, best = rank_key(traits, longest_mm), rank_key(chosen, longest_mm)
    rule = next((i for i, (own, other) in enumerate(zip(key, best, strict=True)) if own != other), len(key) - 1)
    return (
        f"it covers {traits.coverage_mm:.0f} mm, the chosen one {chosen.coverage_mm:.0f} mm",
        "it is derived from other images, the chosen one is not",
        f"its slices are {traits.thickness_mm:.2f} mm thick, the chosen one's {chosen.thickness_mm:.2f} mm",
        f"contrast phase: {traits.phase or 'none'}, the chosen one's {chosen.phase or 'none'}",
        f"its kernel is {_kernel(traits)}, the chosen one's {_kernel(chosen)}",
        "it is compressed with loss, the chosen one is not",
        f"it covers {traits.coverage_mm:.0f} mm, the chosen one {chosen.coverage_mm:.0f} mm",
        f"it has {traits.slices} slices, the chosen one {chosen.slices}",
        "they are alike and its SeriesInstanceUID comes later",
    )[rule]

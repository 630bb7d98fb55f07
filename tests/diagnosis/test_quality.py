"""Notes appear on the right side of their limits."""

import numpy as np
import pytest

from pleura.diagnosis.quality import study_notes
from pleura.imaging.volume import Source, Volume


def _volume(slices: int, dz: float, dx: float) -> Volume:
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = dz, dx, dx, 1
    return Volume(hu=np.zeros((slices, 4, 4), np.int16), affine=affine, source=Source(format="nifti", sha256="0" * 64))


@pytest.mark.parametrize(
    ("slices", "dz", "dx", "words"),
    [
        (300, 1.25, 0.7, []),
        (64, 5.0, 0.8, ["5.0 mm apart"]),
        (31, 4.9, 0.8, ["only 31 slices"]),
        (24, 10.0, 3.0, ["10.0 mm apart", "only 24 slices", "3.00 mm wide"]),
    ],
)
def test_notes(slices: int, dz: float, dx: float, words: list[str]) -> None:
    notes = study_notes(_volume(slices, dz, dx))
    assert len(notes) == len(words)
    assert all(word in note for word, note in zip(words, notes, strict=True))

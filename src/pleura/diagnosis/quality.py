"""A volume in, notes on what may weaken the answer out."""

from pleura.imaging.volume import Volume

__all__ = ["study_notes"]

THICK_SLICES_MM = 5.0
"""UCADI's scans have slices of 1 to 1.25 mm; from here on thin findings are averaged away."""
FEW_SLICES = 32
"""Below this the classifier's subsets of 16 slices overlap by half or more."""
COARSE_PIXELS_MM = 1.5
"""A chest of 400 mm in 512 columns has 0.8 mm."""


def study_notes(volume: Volume) -> tuple[str, ...]:
    """Say what a reader should know about the images themselves.

    Parameters
    ----------
    volume : as read

    Returns
    -------
    One sentence a note; empty where there is nothing to say.
    """
    notes = []
    dz, dy, dx = volume.spacing
    if dz >= THICK_SLICES_MM:
        notes.append(f"Slices are {dz:.1f} mm apart; the method was published for 1 to 1.25 mm.")
    if volume.shape[0] < FEW_SLICES:
        notes.append(f"The series has only {volume.shape[0]} slices; the classifier's subsets overlap.")
    if max(dy, dx) > COARSE_PIXELS_MM:
        notes.append(f"Pixels are {max(dy, dx):.2f} mm wide; fine texture is lost.")
    return tuple(notes)

"""The values of a lesion mask."""

__all__ = ["CONSOLIDATION", "FLUID", "GROUND_GLASS", "NODULE"]

GROUND_GLASS, CONSOLIDATION, NODULE, FLUID = 1, 2, 3, 4
"""1 ground glass, 2 consolidation, 3 nodule or other focal finding such as a scar, 4 pleural fluid."""

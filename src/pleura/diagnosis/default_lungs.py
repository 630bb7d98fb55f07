"""Which way the lungs are found where nobody says: one place for it, since it is a matter of measurement."""

__all__ = ["DEFAULT_LUNGS"]

DEFAULT_LUNGS = "lungs-synthetic"
"""Name of a model for lungs, or "none": by HU and geometry. What was measured: docs/background/lungs.md."""

"""Answers out: NIfTI masks and heat maps, and the report as a self-contained page."""

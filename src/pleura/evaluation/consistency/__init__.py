"""Reported numbers in; the contradictions among them out."""

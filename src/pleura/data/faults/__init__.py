"""Faults of CT slices, drawn into slices that have none: what makes a slice unfit for diagnosis."""

"""Masks that were found, and what they should have been, in; how well they agree, patient by patient, out."""

"""Probabilities and truths in; whether the probabilities mean what they say, and how to mend them, out."""

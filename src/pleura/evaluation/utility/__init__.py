"""Probabilities and truths in; whether acting on them does more good than harm out."""

"""Estimates in, honest intervals around them out: Wilson, DeLong, and resampling by patient."""

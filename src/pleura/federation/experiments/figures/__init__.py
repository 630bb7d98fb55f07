"""An experiment's numbers in, one figure out."""

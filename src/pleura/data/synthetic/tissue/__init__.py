"""A place in the patient in, its Hounsfield units out: each tissue's formula, and what is painted over it."""

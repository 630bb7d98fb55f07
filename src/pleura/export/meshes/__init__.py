"""Masks on a study's grid in; closed surfaces in the patient's millimetres out, and the files that hold them."""

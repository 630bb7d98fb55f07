"""Anatomy and findings in, Hounsfield units and masks on a grid out, as one scanner with one protocol sees them."""

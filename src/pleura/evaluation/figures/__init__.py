"""Results in, figures as PNG and SVG out; one style, the same bytes for the same numbers."""

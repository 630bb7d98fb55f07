"""A schema and a CSV or JSON file in; checked clinical values in known units, with gaps, out."""

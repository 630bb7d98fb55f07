"""Claims about the cells of one two-by-two table in; whether they can all be true out, exactly."""

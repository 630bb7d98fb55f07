"""Several hospitals in one process: the same code at each, the same protection, one folder of results out."""

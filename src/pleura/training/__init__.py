"""One training loop, its losses, its optimiser groups and its recipes."""

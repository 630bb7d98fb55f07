"""One module for each kind of network that hospitals learn together, and how to find the one for a recipe."""

"""Statistics: arrays in, numbers out; knows nothing of CT or torch."""

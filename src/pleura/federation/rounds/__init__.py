"""Rounds that survive: what server and hospitals of a federation say to each other, and what each of them keeps."""

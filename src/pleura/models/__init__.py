"""The networks, one a file; the registry; model files."""

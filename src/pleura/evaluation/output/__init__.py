"""Results in, plain values, tables and files out."""

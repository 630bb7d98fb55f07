"""Vectors of several hospitals in, their sum out, and nothing else to anybody: a library that knows no engine."""

"""Typed settings and recipes, read from TOML."""

__all__: list[str] = []

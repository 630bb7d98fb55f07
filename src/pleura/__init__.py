"""Pleura: pneumonia on chest CT, diagnosed, followed up, and learned together without sharing patients."""

__all__ = ["__version__"]

__version__ = "0.1.0"

"""A seed and a purpose in, an independent random stream out."""

import numpy as np

__all__ = ["stream"]


def stream(seed: int, purpose: str) -> np.random.Generator:
    """One random stream for each purpose, so that one part can change without shifting the others.

    Parameters
    ----------
    seed : any integer from 0; its lowest 32 bits count
    purpose : ASCII word that names what is drawn, such as "patient"
    """
    return np.random.default_rng([seed & 0xFFFFFFFF, *purpose.encode("ascii")])

"""Patients with their labels in, each one's split out: the shares hold within every label, by a seed."""

from collections.abc import Mapping

import numpy as np

from pleura.data.cohort import SPLITS

__all__ = ["split_patients"]


def split_patients(labels: Mapping[str, str], shares: tuple[float, float, float], seed: int) -> dict[str, str]:
    """Divide patients among the splits.

    Each label's patients are drawn in an order that depends on the seed and on their names only, and cut where the
    shares say, to the nearest patient. A further label, or further patients of another one, change nothing for it.

    Parameters
    ----------
    labels : patient -> label
    shares : of training, validation and test; they sum to 1
    seed : 0 or more

    Returns
    -------
    Patient -> one of `pleura.data.cohort.SPLITS`, in the order given.
    """
    chosen: dict[str, str] = {}
    for label in sorted(set(labels.values())):
        patients = sorted(patient for patient, of in labels.items() if of == label)
        draw = np.random.default_rng([seed, *label.encode()])
        cuts = [round(sum(shares[:place]) * len(patients)) for place in range(4)]
        for rank, place in enumerate(draw.permutation(len(patients))):
            split = next(name for name, upper in zip(SPLITS, cuts[1:], strict=True) if rank < upper)
            chosen[patients[place]] = split
    return {patient: chosen[patient] for patient in labels}

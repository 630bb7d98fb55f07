"""The name of a device in, the device out, or a refusal that says what there is."""

import torch

from pleura.errors import ModelError

__all__ = ["choose_device"]


def choose_device(name: str) -> torch.device:
    """Give a device that is there.

    Parameters
    ----------
    name : cpu, cuda or cuda:N

    Raises
    ------
    ModelError
        If the name is none of these, or torch sees no such GPU.
    """
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and (kind == "cpu" or not number.isdecimal())):
        raise ModelError(f'device "{name}"; need cpu, cuda or cuda:N')
    if kind == "cuda":
        seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= seen:
            raise ModelError(f'device "{name}": torch sees {seen} GPUs; use cpu, or install torch for your GPU')
    return torch.device(name)

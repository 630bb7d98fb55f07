"""A device's name in; what computed, when, and with which versions, in a line for a report, out."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from pleura import __version__

__all__ = ["describe_machine", "today"]


def describe_machine(device: str) -> str:
    """Name processor or GPU, cores, threads and versions, and nothing that tells whose machine it is.

    Parameters
    ----------
    device : cpu, cuda or cuda:N
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = torch.get_num_threads()
    said = [f"{_processor()}, {cores} cores, {threads} thread{'s' if threads > 1 else ''}"]
    if device.startswith("cuda"):
        said.append(torch.cuda.get_device_name(torch.device(device)))
    said += [f"Python {platform.python_version()}", f"torch {torch.__version__}", f"pleura {__version__}"]
    return "; ".join(said)


def today() -> str:
    """Give the date, in UTC."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    """Name of the processor where Linux tells it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

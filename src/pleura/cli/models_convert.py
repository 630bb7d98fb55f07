"""`pleura models convert`: a published checkpoint in, safetensors and a note of where they came from out."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["convert"]


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="The published PyTorch file.", show_default=False)],
    out: Annotated[Path, typer.Argument(help="The file to make, ending in .safetensors.", show_default=False)],
) -> None:
    """Convert published ImageNet weights, once, for training to begin with.

    Known are ResNeXt-50 32x4d with group norm, for resnext-gru, and DenseNet-121, for deeplabv3plus-densenet121.

    The file is read as tensors only: a program hidden in it is refused and does not run. Names and shapes are checked;
    beside OUT stands OUT with .toml, which says what it was made from.

    Example: pleura models convert densenet121-a639ec97.pth densenet121.safetensors
    """
    from pleura.models.pretrained import convert_checkpoint

    made = convert_checkpoint(checkpoint, out)
    dropped = ", ".join(made.dropped) or "nothing"
    typer.echo(f"{made.network}: {made.tensors} tensors, {made.parameters} parameters; left out: {dropped}", err=True)
    typer.echo(f"{made.sha256}  {out}")

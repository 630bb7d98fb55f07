"""The micro cohort with masks of lungs and lesions, and a segmenter that trains on it in seconds."""

from pathlib import Path

import numpy as np

from pleura.imaging.nifti_write import write_nifti
from pleura.training.segmentation.recipe import SegmenterRecipe, parse_segmenter_recipe
from training import micro

__all__ = ["RECIPE", "recipe", "write_cohort"]

RECIPE = """
name = "micro-{task}"
task = "{task}"
cutoff = "fitted"
[arguments]
growth = 2
stem = 4
aspp = 4
low_level = 2
[input]
size = 32
slices = 12
[draw]
examples = 16
judged = 8
[optimiser]
kind = "adamw"
learning_rate = 0.01
[schedule]
epochs = 3
warmup_epochs = 1
[training]
batch = 8
[validation]
every = 2
[augmentation]
mirrored = {mirrored}
"""


def recipe(task: str = "lesions", **changed: str) -> SegmenterRecipe:
    """A recipe whose text has some parts replaced."""
    text = RECIPE.format(task=task, mirrored=0.5 if task == "lesions" else 0.0)
    for old, new in changed.items():
        text = text.replace(f"{old} =", f"{old} = {new} #")
    return parse_segmenter_recipe(text)


def write_cohort(folder: Path, cases: int = 8) -> Path:
    """Healthy cases have no lesion mask; of the others each has a block in the right lung."""
    micro.write_cohort(folder, cases, masks=True)
    header, *rows = (folder / "cases.csv").read_text().splitlines()
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in micro.SHAPE), indexing="ij")
    lungs = np.zeros(micro.SHAPE, np.uint8)
    for label, centre in ((1, -0.42), (2, 0.42)):
        lungs[((x - centre) / 0.3) ** 2 + (y / 0.55) ** 2 + (z / 0.9) ** 2 < 1] = label
    written = [header]
    for number, row in enumerate(rows):
        cells = row.split(",")
        cells[7] = f"masks/{number}-lungs.nii.gz"
        write_nifti(folder / cells[7], lungs, micro.AFFINE)
        if cells[8]:
            hu = micro.chest(number, cells[3])
            hu[(micro.lesions(cells[3]) > 0) & (lungs > 0)] = 0
            write_nifti(folder / cells[6], hu, micro.AFFINE)
        written.append(",".join(cells))
    (folder / "cases.csv").write_text("\n".join(written) + "\n")
    return folder

"""A cohort of tiny made-up chests, and a recipe that trains on it in seconds.

The studies are NIfTI files on a 4 x 8 x 8 mm grid; the classes differ in what fills the lungs.
"""

from pathlib import Path

import numpy as np

from pleura.imaging.nifti_write import write_nifti
from pleura.settings import CLASSES, TrainingRecipe, parse_recipe

SHAPE = (32, 48, 48)
AFFINE = np.array([[0, 0, 8.0, -188], [0, 8.0, 0, -188], [9.0, 0, 0, -140], [0, 0, 0, 1.0]])

RECIPE = """
name = "micro"
[arguments]
growth = 4
bottleneck = 2
[input]
size = 16
[optimiser]
learning_rate = 0.05
[schedule]
epochs = 4
warmup_epochs = 1
[training]
seed = 3
batch = 4
[augmentation]
shift = 0.05
scale = 0.05
offset_hu = 10.0
noise_hu = 10.0
"""


def recipe(more: str = "") -> TrainingRecipe:
    return parse_recipe(RECIPE + more)


def chest(seed: int, label: str) -> np.ndarray:
    """An oval of tissue with two lungs; -850 HU when healthy, else denser by class."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    hu = np.full(SHAPE, -1000.0)
    hu[(y / 0.75) ** 2 + (x / 0.9) ** 2 < 1] = 40
    for centre in (-0.42, 0.42):
        lung = ((x - centre) / 0.3) ** 2 + (y / 0.55) ** 2 + (z / 0.9) ** 2 < 1
        hu[lung] = -850 + {"healthy": 0, "covid-19": 70, "other-viral": 140, "bacterial": 210}[label]
    return np.rint(hu + rng.normal(0, 20, SHAPE)).clip(-1024, 3000).astype(np.int16)


def lesions(label: str) -> np.ndarray:
    """A mask on the chest's grid: a block in the right lung, of ground glass or, for bacterial, consolidation."""
    mask = np.zeros(SHAPE, np.uint8)
    if label != "healthy":
        mask[10:22, 16:32, 9:19] = 2 if label == "bacterial" else 1
    return mask


def write_cohort(folder: Path, cases: int = 16, *, masks: bool = False) -> Path:
    """Every fourth case is for validation; classes take turns, and then grades do."""
    for name in ("studies", "masks"):
        (folder / name).mkdir(parents=True)
    rows = ["case,patient,hospital,label,severity,split,study,lungs,lesions"]
    for i in range(cases):
        label = CLASSES[(i + i // 4) % 4]
        path = f"studies/{i}.nii.gz"
        write_nifti(folder / path, chest(i, label), AFFINE)
        split = "validation" if i % 4 == 3 else "train"
        severity = 0 if label == "healthy" else 1 + i // 4 % 3
        mask = f"masks/{i}.nii.gz" if masks and label != "healthy" else ""
        if mask:
            write_nifti(folder / mask, lesions(label), AFFINE)
        rows.append(f"c{i},p{i},{'east' if i % 2 else 'west'},{label},{severity},{split},{path},,{mask}")
    (folder / "cases.csv").write_text("\n".join(rows) + "\n")
    (folder / "cohort.toml").write_text(
        'format = 1\nname = "micro"\ngenerator = "chests 1"\nseed = 5\nsynthetic = true\ndescription = "two ovals"\n'
    )
    return folder

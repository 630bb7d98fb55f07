"""The cache of compiled code follows every file, which Numba's own does not."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import pleura.data.synthetic.compiled as compiled
from pleura.data.synthetic.case import SyntheticCase

LOW = """
from family.compiled import kernel
FACTOR = {factor}

@kernel
def low(x):
    return x * FACTOR
"""
HIGH = """
from family.compiled import kernel
from family.lower.low import low

@kernel
def high(x):
    return low(x) + 1.0
"""


def test_an_edit_of_one_file_reaches_compiled_functions_in_another(tmp_path: Path) -> None:
    family = tmp_path / "family"
    for folder in ("lower", "upper"):
        (family / folder).mkdir(parents=True)
    shutil.copy(compiled.__file__, family / "compiled.py")
    (family / "upper" / "high.py").write_text(HIGH)

    def answer(factor: float) -> float:
        (family / "lower" / "low.py").write_text(LOW.format(factor=factor))
        code = "from family.upper.high import high; print(high(10.0))"
        environment = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("NUMBA_CACHE_DIR", None)  # compiled functions beside their source
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    assert answer(2.0) == 21.0
    assert list((family / "upper").rglob("*.nbc")), "the compiled function is on disk, or the rest proves nothing"
    assert answer(3.0) == 31.0


@pytest.mark.slow
def test_voxels_of_a_fresh_cache_equal_those_of_the_present_one(tiny, tmp_path: Path) -> None:
    case: SyntheticCase = tiny(6, "bacterial", 3)
    code = (
        "from hashlib import sha256\n"
        "from pleura.data.synthetic.case import generate_case\n"
        "from pleura.data.synthetic.scanner.protocol import Protocol\n"
        "p = Protocol.draw(6, scanner='GE LightSpeed16', shape=(24, 64, 64))\n"
        "c = generate_case(seed=6, label='bacterial', severity=3, protocol=p)\n"
        "print(sha256(c.volume.hu.tobytes() + c.lobes.tobytes() + c.lesions.tobytes()).hexdigest())"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert list(tmp_path.rglob("*.nbc")), "the other process compiled for itself"
    expected = sha256(case.volume.hu.tobytes() + case.lobes.tobytes() + case.lesions.tobytes()).hexdigest()
    assert done.stdout.strip() == expected

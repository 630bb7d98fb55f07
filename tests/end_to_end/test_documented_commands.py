"""Every command that README and tutorial show in `sh` blocks is run, in order, in a new folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def _commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def _run(command: str, folder: Path) -> str:
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PLEURA_HOME": str(folder / "home")}
    done = subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, timeout=1500, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_make_targets_of_the_readme_are_there() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    shown = [command.split()[1] for command in _commands(ROOT / "README.md") if command.startswith("make ")]
    assert shown == ["demo", "test"]
    assert set(shown) <= set(targets)
    assert "pleura demo" in (ROOT / "Makefile").read_text()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_readme(tmp_path: Path) -> None:
    commands = [command for command in _commands(ROOT / "README.md") if not command.startswith("make ")]
    assert len(commands) >= 4
    output = [_run(command, tmp_path) for command in commands]
    assert "north-0002" not in output[1]
    assert "->" in output[1]
    written = {path.name for path in (tmp_path / "north-0002").iterdir()}
    always = {"report.html", "report.json", "lungs.nii.gz", "lungs.stl", "surfaces.glb"}
    assert always | {"heatmap.nii.gz"} <= written


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_tutorial(tmp_path: Path) -> None:
    for command in _commands(ROOT / "docs" / "tutorial" / "first-hour.md"):
        _run(command, tmp_path)
    assert (tmp_path / "training" / "demo" / "model.toml").is_file()
    assert (tmp_path / "east-0004" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_demo(tmp_path: Path) -> None:
    output = _run("pleura demo --out demo", tmp_path)
    report = Path(output.strip().splitlines()[-1])
    assert report.is_file()
    assert report.name == "report.html"
    assert "Synthetic training data" in report.read_text(encoding="utf-8")
    rows = {
        name: float(accuracy)
        for name, accuracy in re.findall(r"^ *(alone \w+|pooled|federated) +(\d\.\d+) \(", output, flags=re.MULTILINE)
    }
    assert set(rows) == {"alone harbour", "alone hill", "alone north", "pooled", "federated"}
    assert rows["federated"] > 0.4, "with four classes guessing gives 0.25"
    assert (tmp_path / "demo" / "training" / "federated" / "demo" / "model.toml").is_file()

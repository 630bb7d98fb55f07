"""What is pinned is what is installed, and no file names a place to download from."""

import importlib.metadata
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower().replace("_", "-"): version for name, version in pins}


def test_whatever_is_installed_is_pinned() -> None:
    pins = _pins()
    loose = []
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"].lower().replace("_", "-")
        if name in {"pleura", "pip", "setuptools", "wheel"}:
            continue
        if pins.get(name) != package.version.split("+")[0]:
            loose.append(f"{name}: installed {package.version}, pinned {pins.get(name)}")
    assert not loose


def test_torch_is_pinned_exactly_for_the_cpu_build() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", _pins()["torch"])


def test_no_file_names_a_registry() -> None:
    for name in ("constraints.txt", "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text()
        assert not re.search(r"(index-url|find-links|https?://\S*(simple|wheels))", text), name

"""What every module of the package keeps to."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST = 400


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_is_short_documented_and_says_what_it_exports(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(tree), "a module begins by saying what goes in and what comes out"
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}
    if path.name == "__init__.py" and len(tree.body) == 1:
        return
    exports = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and "__all__" in ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        and node.value is not None
    ]
    assert len(exports) == 1, "one __all__ a module"
    assert exports[0] == _sorted(exports[0])
    defined = {name for node in tree.body for name in _names(node)}
    assert set(exports[0]) <= defined


def _sorted(names: list[str]) -> list[str]:
    """Constants, then classes, then functions, as ruff sorts them."""
    return sorted(names, key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name))


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return []


def test_help_needs_no_heavy_library() -> None:
    code = (
        "import sys, pleura.cli.main; print([m for m in ('torch', 'SimpleITK', 'numba', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

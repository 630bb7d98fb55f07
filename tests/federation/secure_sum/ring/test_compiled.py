"""The disk cache of the kernels follows every file of the folder."""

from pathlib import Path

import numpy as np
import pytest

from pleura.federation.secure_sum.ring import compiled
from pleura.federation.secure_sum.ring.compiled import read_only


def test_an_edit_of_any_file_changes_the_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp of a copy of the folder, before and after an edit of a file that holds no kernel itself."""
    folder = Path(compiled.__file__).parent
    for path in folder.glob("*.py"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    stamp = compiled._stamp.__wrapped__
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    before = stamp()
    edited = tmp_path / "modulus.py"
    edited.write_text(edited.read_text() + "\n")
    assert stamp() != before


def test_a_read_only_view_leaves_the_array_as_it_was() -> None:
    array = np.zeros(4, np.uint32)
    view = read_only(array)
    assert not view.flags.writeable
    assert array.flags.writeable
    assert np.shares_memory(array, view)

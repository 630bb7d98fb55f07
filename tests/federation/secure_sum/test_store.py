from pathlib import Path

import pytest

from pleura.errors import OutputError
from pleura.federation.secure_sum.store import FolderStore, MemoryStore


def test_a_folder_is_the_rounds_own(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "model").touch()
    with pytest.raises(OutputError, match="holds model already"):
        FolderStore(tmp_path / "full")
    with pytest.raises(OutputError, match="name another folder"):
        FolderStore(tmp_path / "full" / "model")
    store = FolderStore(tmp_path / "a" / "uploads")
    assert (tmp_path / "a" / "uploads").stat().st_mode & 0o777 == 0o700
    store.put(1, 2, memoryview(b"words"))
    assert bytes(store.get(1, 2)) == b"words"
    with pytest.raises(OutputError, match="cannot read"):
        store.get(1, 3)
    store.clear()
    assert not list((tmp_path / "a" / "uploads").iterdir())


def test_memory_forgets() -> None:
    store = MemoryStore()
    store.put(0, 0, memoryview(b"words"))
    store.clear()
    with pytest.raises(KeyError):
        store.get(0, 0)

"""Folders with more in them than files."""

import os
from pathlib import Path

import pytest

from pleura.errors import UnreadableFileError
from pleura.imaging.files import list_folder
from pleura.imaging.limits import Limits


def test_regular_files_at_any_depth_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a/x/y/z", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(tmp_path / "c")
    os.mkfifo(tmp_path / "pipe")  # opening one would wait for ever
    entries = list_folder(tmp_path, Limits())
    assert [entry.name for entry in entries] == ["c", "link", "a/x/y/z", "b/10", "b/2"]
    assert all(entry.path == tmp_path / entry.name for entry in entries)


def test_more_files_than_allowed(tmp_path: Path) -> None:
    for k in range(6):
        (tmp_path / str(k)).touch()
    assert len(list_folder(tmp_path, Limits(files=6))) == 6
    with pytest.raises(UnreadableFileError, match="more than 5 files"):
        list_folder(tmp_path, Limits(files=5))

import os
import stat
from pathlib import Path

import pytest

from pleura.errors import KeyFileError
from pleura.federation.secure_sum.keys.files import KeyFolder


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    folder = KeyFolder(tmp_path / "a" / "keys", make=True)
    folder.write("one", b"secret")
    return folder


def everything(folder: KeyFolder) -> list[str]:
    """Hidden files, too."""
    return [path.name for path in folder.path.iterdir()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_files_are_the_owners_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = KeyFolder(tmp_path / "keys", make=True)
        folder.write("one", b"secret")
    finally:
        os.umask(before)
    assert mode(folder.path) == 0o700
    assert mode(folder.path / "one") == 0o600
    assert folder.read("one") == b"secret"
    assert everything(folder) == ["one"]


def test_a_file_is_never_open_to_others_while_it_is_written(folder: KeyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    really = os.fsync

    def look(handle: int) -> None:
        seen.append([mode(path) for path in folder.path.iterdir()])
        really(handle)

    monkeypatch.setattr(os, "fsync", look)
    folder.write("two", b"secret")
    assert seen == [[0o600, 0o600]] * 2


@pytest.mark.parametrize("bits", [0o644, 0o640, 0o604, 0o601, 0o660, 0o620])
def test_a_file_open_to_others_is_refused_with_the_cure(folder: KeyFolder, bits: int) -> None:
    path = folder.path / "one"
    path.chmod(bits)
    with pytest.raises(KeyFileError, match=f"has mode {bits:04o}.*chmod 0600 {path}"):
        folder.read("one")
    path.chmod(0o600)
    assert folder.read("one") == b"secret"


@pytest.mark.parametrize("bits", [0o755, 0o750, 0o705, 0o701, 0o770, 0o777])
def test_a_folder_open_to_others_is_refused_with_the_cure(folder: KeyFolder, bits: int) -> None:
    folder.path.chmod(bits)
    for attempt in (
        lambda: KeyFolder(folder.path),
        lambda: KeyFolder(folder.path, make=True),
        lambda: folder.read("one"),
        lambda: folder.write("two", b""),
        folder.names,
        lambda: folder.remove("one"),
    ):
        with pytest.raises(KeyFileError, match=f"has mode {bits:04o}.*chmod 0700 {folder.path}"):
            attempt()
    folder.path.chmod(0o700)
    assert folder.names() == ["one"]


def test_the_cure_is_quoted_for_the_shell(tmp_path: Path) -> None:
    folder = tmp_path / "my keys; rm"
    folder.mkdir(mode=0o755)
    with pytest.raises(KeyFileError, match=r"chmod 0700 '.*my keys; rm'"):
        KeyFolder(folder)


def test_stricter_modes_will_do(folder: KeyFolder) -> None:
    (folder.path / "one").chmod(0o400)
    folder.path.chmod(0o500)
    try:
        assert folder.read("one") == b"secret"
    finally:
        folder.path.chmod(0o700)


def test_links_are_not_followed(folder: KeyFolder, tmp_path: Path) -> None:
    (folder.path / "link").symlink_to(folder.path / "one")
    with pytest.raises(KeyFileError, match="symbolic link"):
        folder.read("link")
    (tmp_path / "way").symlink_to(folder.path)
    for make in (False, True):
        with pytest.raises(KeyFileError, match="symbolic link"):
            KeyFolder(tmp_path / "way", make=make)


def test_writing_goes_through_no_link(folder: KeyFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (folder.path / "link").symlink_to(elsewhere)
    with pytest.raises(KeyFileError, match="there already"):
        folder.write("link", b"secret")
    folder.write("link", b"secret", replace=True)
    assert not elsewhere.exists()
    assert folder.read("link") == b"secret"


def test_what_is_no_regular_file_is_refused(folder: KeyFolder) -> None:
    os.mkfifo(folder.path / "pipe", 0o600)
    (folder.path / "folder").mkdir(0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(KeyFileError, match="no regular file"):
            folder.read(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_or_folder_is_refused(folder: KeyFolder) -> None:
    os.chown(folder.path / "one", 12345, -1)
    with pytest.raises(KeyFileError, match=r"belongs to user 12345.*chown"):
        folder.read("one")
    os.chown(folder.path, 12345, -1)
    with pytest.raises(KeyFileError, match=r"belongs to user 12345.*chown"):
        KeyFolder(folder.path)


def test_missing_things_are_named(folder: KeyFolder, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"there is no .*two"):
        folder.read("two")
    with pytest.raises(KeyFileError, match="no key folder"):
        KeyFolder(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="cannot open"):
        KeyFolder(tmp_path / "file")
    with pytest.raises(KeyFileError, match="cannot make"):
        KeyFolder(tmp_path / "file" / "keys", make=True)


def test_a_file_is_written_over_only_on_purpose(folder: KeyFolder) -> None:
    with pytest.raises(KeyFileError, match="not written over"):
        folder.write("one", b"other")
    assert folder.read("one") == b"secret"
    folder.write("one", b"other", replace=True)
    assert folder.read("one") == b"other"
    assert everything(folder) == ["one"]


@pytest.mark.parametrize("replace", [False, True])
def test_nothing_is_left_of_a_file_that_could_not_be_written(
    folder: KeyFolder, replace: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match=r"cannot write .*No space left"):
        folder.write("two" if not replace else "one", b"more", replace=replace)
    assert everything(folder) == ["one"]
    assert folder.read("one") == b"secret"


def test_a_file_of_no_end_is_not_read_whole(folder: KeyFolder) -> None:
    folder.write("large", bytes((1 << 20) + 1))
    with pytest.raises(KeyFileError, match="larger than"):
        folder.read("large")


def test_removing_twice_is_once(folder: KeyFolder) -> None:
    folder.remove("one")
    folder.remove("one")
    assert folder.names() == []

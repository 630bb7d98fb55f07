"""Archives made to harm: each refused by name, before it has taken more than the limits allow."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from pleura.errors import StudyError, UnreadableFileError, UnsafeArchiveError
from pleura.imaging.archive import is_zip, unpack
from pleura.imaging.limits import Limits

SMALL = Limits(files=10, bytes=100_000, ratio=20, ratio_from=10_000, depth=2)


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def refuse(tmp_path: Path, data: bytes, words: str, limits: Limits = SMALL) -> None:
    """Unpacking raises with these words, and leaves nothing outside its folder."""
    path, folder = tmp_path / "a.zip", tmp_path / "in" / "folder"
    path.write_bytes(data)
    folder.mkdir(parents=True)
    with pytest.raises(UnsafeArchiveError, match=words):
        unpack(path, folder, limits)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "in"]
    assert list((tmp_path / "in").iterdir()) == [folder]
    assert sum(p.stat().st_size for p in folder.iterdir()) <= limits.bytes + 2**20


def test_files_come_out_with_their_names_and_bytes(tmp_path: Path) -> None:
    files = {"a/b.txt": b"hello", "a/b.TXT": b"other", "c" * 200 + "/d": b"", "x.dcm": bytes(range(256)) * 30}
    (tmp_path / "a.zip").write_bytes(packed(files))
    (tmp_path / "out").mkdir()
    entries = unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)
    assert {entry.name: entry.path.read_bytes() for entry in entries} == files
    assert {entry.path.parent for entry in entries} == {tmp_path / "out"}


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "C:evil", "a/..", "x" * 2000, "evil\0.txt"],
)
def test_a_path_that_leaves_its_folder(tmp_path: Path, name: str) -> None:
    plain = packed({"n" * len(name): b"data"}, zipfile.ZIP_STORED)
    refuse(tmp_path, plain.replace(b"n" * len(name), name.encode()), "leaves its folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refuse(tmp_path, out.getvalue(), "link or device")


def test_an_encrypted_archive(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"data"}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    refuse(tmp_path, bytes(data), "encrypted")


def test_another_packing_method(tmp_path: Path) -> None:
    refuse(tmp_path, packed({"a": b"data"}, zipfile.ZIP_LZMA), "packed by method 14")


def test_too_many_bytes(tmp_path: Path) -> None:
    import random

    noise = random.Random(1).randbytes(60_000)
    refuse(tmp_path, packed({"a": noise, "b": noise[::-1]}), "more than 0 MiB")


def test_too_high_a_ratio_but_only_once_it_matters(tmp_path: Path) -> None:
    refuse(tmp_path, packed({"a": bytes(50_000)}), "more than 20 times its size")
    (tmp_path / "b.zip").write_bytes(packed({"a": bytes(9_000)}))
    (tmp_path / "out").mkdir()
    assert len(unpack(tmp_path / "b.zip", tmp_path / "out", SMALL)) == 1


def test_bytes_are_counted_as_they_come_whatever_the_directory_says(tmp_path: Path) -> None:
    """Sizes in both headers forged to 10 bytes."""
    data = bytearray(packed({"a": bytes(90_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    path, folder = tmp_path / "a.zip", tmp_path / "out"
    path.write_bytes(data)
    folder.mkdir()
    with pytest.raises(StudyError):
        unpack(path, folder, SMALL)
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 100_000


def test_too_many_files(tmp_path: Path) -> None:
    refuse(tmp_path, packed({f"f{k}": b"" for k in range(11)}), "more than 10 files")


def test_a_directory_too_long_to_read(tmp_path: Path) -> None:
    refuse(tmp_path, packed({f"f{k:04d}" + "x" * 250: b"" for k in range(400)}), "more than 10 files")


def test_archives_within_archives(tmp_path: Path) -> None:
    one = packed({"a": b"data"})
    two = packed({"one.zip": one})
    three = packed({"two.zip": two})
    refuse(tmp_path, three, "one more than is allowed")
    (tmp_path / "b.zip").write_bytes(two)
    (tmp_path / "out").mkdir()
    (entry,) = unpack(tmp_path / "b.zip", tmp_path / "out", SMALL)
    assert entry.path.read_bytes() == b"data"


def test_nested_archives_share_one_budget(tmp_path: Path) -> None:
    inner = packed({f"f{k}": b"x" for k in range(4)})
    refuse(tmp_path, packed({f"{k}.zip": inner for k in range(3)}), "more than 10 files")


@pytest.mark.parametrize("cut", [30, 60, -30, -10])
def test_a_damaged_archive_is_unreadable(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.zip").write_bytes(packed({"a": bytes(range(256)) * 20})[:cut])
    (tmp_path / "out").mkdir()
    with pytest.raises(UnreadableFileError, match=r"a\.zip is damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)


def test_a_wrong_checksum_is_unreadable(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"hello hello"}, zipfile.ZIP_STORED))
    data[data.index(b"hello")] = ord("j")
    (tmp_path / "a.zip").write_bytes(data)
    (tmp_path / "out").mkdir()
    with pytest.raises(UnreadableFileError, match="CRC"):
        unpack(tmp_path / "a.zip", tmp_path / "out", SMALL)


def test_is_zip(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(packed({}))
    (tmp_path / "b").write_bytes(packed({"x": b""}))
    (tmp_path / "c").write_bytes(b"PK but no archive")
    assert [is_zip(tmp_path / name) for name in "abc"] == [True, True, False]

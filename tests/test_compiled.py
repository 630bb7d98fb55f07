"""The stamp of a family of files follows their names and contents, and nothing else."""

from hashlib import sha256
from pathlib import Path

from pleura.compiled import family_stamp


def test_the_stamp_is_the_hash_over_names_and_contents_in_order_of_the_paths(tmp_path: Path) -> None:
    for name, text in (("b.py", "two"), ("a.py", "one")):
        (tmp_path / name).write_text(text)
    files = list(tmp_path.glob("*.py"))
    expected = sha256(b"a.py\0one\0b.py\0two\0").hexdigest()
    assert family_stamp(files) == family_stamp(reversed(files)) == expected
    (tmp_path / "b.py").write_text("three")
    assert family_stamp(files) != expected

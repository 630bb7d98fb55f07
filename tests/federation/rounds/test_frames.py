"""Byte strings through a file, and files that hold none."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.errors import WireError
from pleura.federation.rounds.frames import MOST_BYTES, frames, read_frames


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, strings: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("frames") / "file"
    path.write_bytes(b"".join(frames(strings)))
    found = list(read_frames(path))
    assert [string for _, string in found] == strings
    whole = path.read_bytes()
    assert all(whole[at : at + len(string)] == string for at, string in found)


def test_files_that_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "file"
    whole = b"".join(frames([b"abc", b"de"]))
    ends = {0, 7, len(whole)}
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        if size in ends:
            assert len(list(read_frames(path))) == sorted(ends).index(size)
        else:
            with pytest.raises(WireError, match="cut off"):
                list(read_frames(path))
    path.write_bytes((MOST_BYTES + 1).to_bytes(4, "big"))
    with pytest.raises(WireError, match="a length that cannot be"):
        list(read_frames(path))
    with pytest.raises(WireError, match="cannot read absent"):
        list(read_frames(tmp_path / "absent"))

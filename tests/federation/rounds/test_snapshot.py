"""A model locked for the members and opened again; pieces left out, swapped, altered, or of another model."""

from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.people import found
from pleura.errors import WireError
from pleura.federation.rounds.durable import make_folder
from pleura.federation.rounds.frames import frames, read_frames
from pleura.federation.rounds.snapshot import open_snapshot, seal_snapshot

MODEL = "cd" * 32


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_there_and_back(tmp_path: Path, size: int, rng: np.random.Generator) -> None:
    key, folder = found(tmp_path, 3).group_key, make_folder(tmp_path / "own")
    (folder / "model").write_bytes(rng.bytes(size))
    seal_snapshot(folder / "model", folder / "sealed", key, federation="Thorax", which=3, model=MODEL)
    if size > 1:
        assert (folder / "model").read_bytes()[:64] not in (folder / "sealed").read_bytes()
    open_snapshot(folder / "sealed", folder / "opened", key, federation="Thorax", which=3, model=MODEL)
    assert (folder / "opened").read_bytes() == (folder / "model").read_bytes()


def test_what_does_not_open(tmp_path: Path, rng: np.random.Generator) -> None:
    people, folder = found(tmp_path, 3), make_folder(tmp_path / "own")
    (folder / "model").write_bytes(rng.bytes((2 << 20) + 5))
    named = {"federation": "Thorax", "which": 3, "model": MODEL}
    seal_snapshot(folder / "model", folder / "sealed", people.group_key, **named)
    boxes = [box for _, box in read_frames(folder / "sealed")]
    assert len(boxes) == 3
    altered = bytes([boxes[0][0] ^ 1]) + boxes[0][1:]
    for pieces in ([], boxes[:2], boxes[1:], [boxes[1], boxes[0], boxes[2]], [*boxes, boxes[2]], [altered, *boxes[1:]]):
        (folder / "false").write_bytes(b"".join(frames(pieces)))
        with pytest.raises(WireError, match=r"do not open|is empty"):
            open_snapshot(folder / "false", folder / "opened", people.group_key, **named)
    for other in ({"federation": "Abdomen"}, {"which": 4}, {"model": "ab" * 32}):
        with pytest.raises(WireError, match="do not open"):
            open_snapshot(folder / "sealed", folder / "opened", people.group_key, **(named | other))
    with pytest.raises(WireError, match="do not open"):
        open_snapshot(folder / "sealed", folder / "opened", found(tmp_path / "b", 3).group_key, **named)
    assert not (folder / "opened").exists()

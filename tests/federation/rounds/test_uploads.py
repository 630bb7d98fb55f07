"""Uploads received from files: the sum against the one of parts in memory."""

from pathlib import Path

import numpy as np
import pytest

from federation.secure_sum.rounds import rounds, terms_for
from pleura.errors import OutputError, WireError
from pleura.federation.rounds.frames import frames
from pleura.federation.rounds.uploads import UploadFiles, receive_upload
from pleura.federation.secure_sum.layout import Layout, Values
from pleura.federation.secure_sum.server import ServerRound


@pytest.mark.parametrize("backend", ["plain", "ring"])
def test_the_same_sum_as_from_memory(tmp_path: Path, backend: str, rng: np.random.Generator) -> None:
    terms = terms_for(Layout((Values(name="w", size=1_200_000, clip=1.0),)), 3, backend=backend)
    store = UploadFiles()
    there, here = ServerRound(terms), ServerRound(terms, store)
    for side in rounds(terms):
        parts = list(side.upload({"w": rng.normal(0, 0.3, 1_200_000).astype(np.float32)}))
        assert len(parts) > 1
        for part in parts:
            there.receive(part)
        path = tmp_path / str(side.place)
        path.write_bytes(b"".join(frames(parts)))
        receive_upload(here, store, path, side.place)
    there.close()
    here.close()
    assert list(here.total_parts()) == list(there.total_parts())
    (tmp_path / "1").write_bytes(path.read_bytes()[:500])
    with pytest.raises(OutputError, match="has become shorter"):
        list(here.total_parts())
    (tmp_path / "1").unlink()
    with pytest.raises(OutputError, match="cannot read"):
        list(here.total_parts())
    store.clear()
    with pytest.raises(KeyError):
        store.get(0, 0)


def test_an_upload_without_its_last_part(tmp_path: Path) -> None:
    terms = terms_for(Layout((Values(name="w", size=5, clip=1.0),)), 3, backend="plain")
    store = UploadFiles()
    (tmp_path / "0").write_bytes(b"")
    with pytest.raises(WireError, match="ends before its last part"):
        receive_upload(ServerRound(terms, store), store, tmp_path / "0", 0)

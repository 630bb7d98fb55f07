"""Decoder processes: what they answer, and that none of their ends is the caller's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imaging.dicom_phantom import Phantom, write
from pleura.errors import UnreadableFileError
from pleura.imaging.dicom.decode_pool import DecoderPool, Job
from pleura.imaging.dicom.header import read_header
from pleura.imaging.limits import Limits

PHANTOM = Phantom(syntax="jpeg-2000", rows=36, columns=40, slices=50)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    folder = write(tmp_path_factory.mktemp("pool") / "s", PHANTOM)
    files = [read_header(path, path.name, Limits()) for path in folder.iterdir()]
    layouts = {f.planes[0].position[2]: f.pixels for f in files if f is not None and f.pixels is not None}
    return [Job(layouts[z], 0, f"slice at {z}") for z in sorted(layouts)]


def decode(pool: DecoderPool, jobs: list[Job]) -> dict[int, np.ndarray]:
    out: dict[int, np.ndarray] = {}
    pool.decode(jobs, out.__setitem__)
    return out


def test_two_processes_answer_as_one_and_as_was_encoded(jobs: list[Job]) -> None:
    stored = PHANTOM.stored()
    for workers in (1, 2):
        pool = DecoderPool(workers)
        found = decode(pool, jobs)
        again = decode(pool, jobs[:3])
        pool.close()
        assert sorted(found) == list(range(50))
        for k, values in found.items():
            np.testing.assert_array_equal(values, stored[k])
        np.testing.assert_array_equal(again[2], stored[2])


def test_a_damaged_frame_is_refused_by_name_and_the_pool_goes_on(jobs: list[Job], tmp_path: Path) -> None:
    data = jobs[7].layout.path.read_bytes()
    bad = tmp_path / "bad"
    bad.write_bytes(data[: jobs[7].layout.offset + 60])
    broken = Job(replace(jobs[7].layout, path=bad), 0, "the bad one")
    pool = DecoderPool(1)
    with pytest.raises(UnreadableFileError, match="the bad one"):
        decode(pool, [*jobs[:3], broken, *jobs[3:5]])
    assert len(decode(pool, jobs[:2])) == 2
    pool.close()


def test_a_frame_that_takes_too_long_is_refused(jobs: list[Job]) -> None:
    pool = DecoderPool(1, seconds=0.001)
    with pytest.raises(UnreadableFileError, match=r"slice at .* more than 0 s"):
        decode(pool, jobs[:1])
    pool.close()


def test_another_size_than_the_header_says_is_refused(jobs: list[Job]) -> None:
    pool = DecoderPool(1)
    forged = Job(replace(jobs[0].layout, rows=4_000), 0, "forged")
    with pytest.raises(UnreadableFileError, match=r"forged claim .*\(36, 40, 1, 16\).*4000, 40"):
        decode(pool, [forged])
    pool.close()

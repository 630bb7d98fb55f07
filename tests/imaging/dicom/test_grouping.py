"""Slices of several series in one folder, told apart; copies dropped."""

from pathlib import Path
from typing import Any

from imaging.dicom_phantom import Phantom, series
from pleura.imaging.dicom.grouping import group, without_copies
from pleura.imaging.dicom.header import DicomFile, read_header
from pleura.imaging.limits import Limits

SMALL: dict[str, Any] = {"rows": 32, "columns": 32, "slices": 4}


def files_of(folder: Path, *phantoms: Phantom) -> list[DicomFile]:
    """Headers of all slices, those of the phantoms in turns."""
    folder.mkdir(exist_ok=True)
    out = []
    for k, data in enumerate(data for turn in zip(*map(series, phantoms), strict=True) for data in turn):
        path = folder / f"{k}"
        path.write_bytes(data)
        header = read_header(path, path.name, Limits())
        assert header is not None
        out.append(header)
    return out


def test_series_are_told_apart_by_each_of_the_keys(tmp_path: Path) -> None:
    same = Phantom(**SMALL)
    others = [
        Phantom(**SMALL, seed=2),
        Phantom(**SMALL, orientation=(1, 0, 0, 0, 0, -1)),
        Phantom(rows=32, columns=33, slices=4),
        Phantom(**SMALL, spacing=(5.0, 5.6)),
        Phantom(**SMALL, tags={"ConvolutionKernel": "B"}),
        Phantom(**SMALL, tags={"Modality": "PT"}),
        Phantom(**SMALL, tags={"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}),
    ]
    found = group(files_of(tmp_path / "s", same, *others))
    assert [len(one.slices) for one in found] == [4] * 8
    assert [len(one.kernels) for one in found].count(2) == 2  # the two kernels


def test_what_differs_below_the_tolerance_is_one_series(tmp_path: Path) -> None:
    first = Phantom(**SMALL)
    second = Phantom(
        **SMALL,
        spacing=(5.00001, 5.5),
        orientation=(1, 0.0001, 0, -0.0001, 1, 0),
        centre=(3.0, -4.0, 80.0),
        tags={"SeriesDescription": "Other", "InstanceNumber": "7"},
    )
    (found,) = group(files_of(tmp_path / "s", first, second))
    assert len(found.slices) == 8


def test_copies_are_dropped_and_twins_that_differ_are_not(tmp_path: Path) -> None:
    first = Phantom(**SMALL)
    louder = Phantom(**SMALL, noise=5.0)  # the same UIDs, other pixels
    assert [len(x) if isinstance(x, list) else x for x in without_copies(files_of(tmp_path / "a", first, first))] == [
        4,
        4,
    ]
    kept, dropped = without_copies(files_of(tmp_path / "b", first, louder))
    assert (len(kept), dropped) == (8, 0)


def test_a_stray_copy_stays(tmp_path: Path) -> None:
    files = files_of(tmp_path / "s", Phantom(**SMALL))
    copy = tmp_path / "s" / "copy"
    copy.write_bytes(files[2].path.read_bytes())
    stray = read_header(copy, "copy", Limits())
    assert stray is not None
    kept, dropped = without_copies([*files, stray])
    assert (len(kept), dropped) == (5, 0)

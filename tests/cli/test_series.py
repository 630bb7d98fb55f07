"""`pleura series` on written studies: marks, reasons and exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imaging.dicom_phantom import Phantom, uid, write
from pleura.cli.main import app
from pleura.errors import NoUsableSeriesError, UnreadableFileError

SMALL = {"rows": 36, "columns": 40, "spacing": (7.0, 7.5)}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write(tmp_path / "s", Phantom(**SMALL, seed=1))
    write(tmp_path / "s", Phantom(**SMALL, seed=2, tags={"ConvolutionKernel": "B"}), prefix="b")
    write(tmp_path / "s", Phantom(**SMALL, seed=3, slices=3, tags={"SeriesDescription": "Topogram"}), prefix="t")
    (tmp_path / "s" / "README").write_text("hello")
    return tmp_path / "s"


def test_every_series_is_printed_the_chosen_one_marked(study: Path) -> None:
    done = CliRunner().invoke(app, ["series", str(study)])
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert lines[1] == "-> Thorax L 24 x 36 x 40 8.00 mm Phantom Ellipse 7"
    assert lines[2] == "Thorax B 24 x 36 x 40 8.00 mm Phantom Ellipse 7"
    assert lines[3].startswith("also usable; ranked lower because")
    assert lines[4].startswith("Topogram")
    assert lines[5:] == [
        "a localizer",
        "too few slices (3, where at least 16 are needed)",
        "1 other files are no images of a series",
    ]


def test_json_holds_the_same(study: Path) -> None:
    done = CliRunner().invoke(app, ["series", str(study), "--json"])
    found = json.loads(done.stdout)
    assert [(s["series_uid"], s["chosen"], s["rank"]) for s in found["series"]] == [
        (uid(1), True, 1),
        (uid(2), False, 2),
        (uid(3), False, None),
    ]
    assert found["other_files"] == 1


def test_a_study_without_a_usable_series_is_printed_and_refused(tmp_path: Path) -> None:
    write(tmp_path / "s", Phantom(**SMALL, tags={"Modality": "MR"}))
    done = CliRunner().invoke(app, ["series", str(tmp_path / "s")])
    assert "not CT (modality MR)" in done.stdout
    assert isinstance(done.exception, NoUsableSeriesError)
    assert done.exception.exit_code == 1


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    done = CliRunner().invoke(app, ["series", str(tmp_path / "a.txt")])
    assert isinstance(done.exception, UnreadableFileError)

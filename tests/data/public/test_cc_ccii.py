from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.public.published import EXTENT, WINDOW, chest, make_cc_ccii
from pleura.data.cohort import read_cohort
from pleura.data.public.choices import Choices
from pleura.errors import CohortError
from pleura.imaging.grey_levels import Window
from pleura.imaging.study import load_study

CHOICES = Choices(labels={"CP": "bacterial"}, window=Window(*WINDOW), extent=EXTENT)


def test_pictures_become_the_chest_that_they_show(tmp_path: Path, bring: Callable) -> None:
    source = make_cc_ccii(tmp_path / "source", {"NCP/17/1201": 1, "CP/600/3000": 2, "Normal/1800/42": 3})
    out, rows, reasons, _ = bring("cc-ccii", source, CHOICES)
    assert reasons == {}
    assert [(row["case"], row["patient"], row["label"], row["intensity"]) for row in rows] == [
        ("NCP-17-1201", "17", "covid-19", "8-bit"),
        ("CP-600-3000", "600", "bacterial", "8-bit"),
        ("Normal-1800-42", "1800", "healthy", "8-bit"),
    ]
    volume, _ = load_study(out / rows[0]["study"])
    truth, _ = chest(1)
    np.testing.assert_allclose(volume.spacing, truth.spacing)
    held = np.clip(truth.hu, -1024, WINDOW[1])
    assert np.abs(volume.hu.astype(int) - held).max() <= (WINDOW[1] - WINDOW[0]) / 510 + 0.5
    assert read_cohort(out, classes=()).cases[0].intensity == "8-bit"


def test_slices_may_begin_at_the_feet_and_be_jpeg_in_colour_mode(tmp_path: Path, bring: Callable) -> None:
    source = make_cc_ccii(tmp_path / "source", {"NCP/17/1201": 1}, ending=".jpg")
    out, rows, _, _ = bring("cc-ccii", source, Choices(window=Window(*WINDOW), extent=EXTENT, first="feet"))
    volume, _ = load_study(out / rows[0]["study"])
    truth, block = chest(1)
    assert not block[::-1][block].any(), "upside down the lesion would lie elsewhere"
    shown, upside_down = volume.hu[::-1][block].mean(), volume.hu[block].mean()
    assert abs(shown - truth.hu[block].mean()) < 40
    assert abs(upside_down - truth.hu[block].mean()) > 100


def test_what_the_source_does_not_say_has_to_be_said(tmp_path: Path, bring: Callable) -> None:
    source = make_cc_ccii(tmp_path / "source", {"CP/600/3000": 2})
    with pytest.raises(CohortError, match=r"1 scans of CC-CCII are of class CP, .* --label CP=LABEL"):
        bring("cc-ccii", source)
    with pytest.raises(CohortError, match=r"--window LOW,HIGH"):
        bring("cc-ccii", source, Choices(labels={"CP": "bacterial"}))
    with pytest.raises(CohortError, match=r"--extent WIDTH,LENGTH"):
        bring("cc-ccii", source, Choices(labels={"CP": "bacterial"}, window=Window(*WINDOW)))
    with pytest.raises(CohortError, match=r"no class NCCP; its classes are NCP, CP, Normal"):
        bring("cc-ccii", source, Choices(labels={"NCCP": "covid-19"}))
    assert not (tmp_path / "cohort").exists()


def test_scans_that_cannot_be_used_are_left_out_with_the_reason(tmp_path: Path, bring: Callable) -> None:
    names = ("1/1", "2/2", "3/3", "4/4", "5/5", "6/6", "7/7", "328/1805")
    source = make_cc_ccii(tmp_path / "source", {f"NCP/{name}": n for n, name in enumerate(names)})
    (source / "NCP/9 /9 a").mkdir(parents=True)  # blanks in names, and nothing in it
    (source / "NCP/10").mkdir()
    for place in (20, 21):
        (source / f"NCP/2/2/00{place}.png").unlink()
    (source / "NCP/3/3/0005.png").rename(source / "NCP/3/3/front.png")
    (source / "NCP/4/4/0005.png").rename(source / "NCP/4/4/a-6.png")
    (source / "NCP/5/5/0007.png").write_bytes(b"\x89PNG broken")
    for place in range(40):
        (source / f"NCP/6/6/{place:04}.png").unlink()
    (source / "NCP/7/7/notes.txt").write_text("no slice")
    (source / "NCP/1/1/.DS_Store").write_text("hidden")
    (source / "unzip_filenames.csv").write_text(
        "zip_file,label,patient_id,scan_id,n_slice\nNCP-01.zip,NCP,1,1,48\nNCP-01.zip,NCP,7,7,50\n"
    )
    _, rows, reasons, imported = bring("cc-ccii", source, CHOICES)
    assert [row["source"] for row in rows] == ["NCP/1/1"]
    assert imported.left_out == len(reasons) == 9
    for name, said in {
        "NCP/328/1805": "published by mistake",
        "NCP/9 /9 a": "no picture in it",
        "NCP/10": "no folder of a scan in it",
        "NCP/2/2": "2 slices are missing between its first and its last number",
        "NCP/3/3": "1 pictures without a number",
        "NCP/4/4": "1 slice numbers stand on more than one picture",
        "NCP/5/5": "0007.png is damaged",
        "NCP/6/6": "8 slices",
        "NCP/7/7": "48 pictures, where it was published with 50",
    }.items():
        assert said in reasons[name], name


def test_a_window_that_puts_air_elsewhere_is_doubted(tmp_path: Path, bring: Callable) -> None:
    source = make_cc_ccii(tmp_path / "source", {"NCP/1/1": 1})
    _, _, reasons, imported = bring("cc-ccii", source, Choices(window=Window(-1150, 350), extent=EXTENT))
    assert reasons["NCP/1/1"].startswith("most of its air lies near -900 HU")
    assert (imported.cases, imported.left_out) == (1, 0)


def test_gaps_are_closed_where_that_is_wanted(tmp_path: Path, bring: Callable) -> None:
    source = make_cc_ccii(tmp_path / "source", {"NCP/2/2": 1})
    (source / "NCP/2/2/0020.png").unlink()
    choices = Choices(window=Window(*WINDOW), extent=EXTENT, gaps=True)
    out, rows, reasons, _ = bring("cc-ccii", source, choices)
    assert reasons == {}
    assert load_study(out / rows[0]["study"])[0].shape[0] == 47


def test_patients_in_two_classes_and_copies_are_found(tmp_path: Path, bring: Callable) -> None:
    scans = {"NCP/1/1": 1, "Normal/1/2": 2, "NCP/3/3": 3, "NCP/4/4": 3, "NCP/5/5": 4, "Normal/6/6": 4, "Normal/7/7": 5}
    source = make_cc_ccii(tmp_path / "source", scans)
    _, rows, reasons, _ = bring("cc-ccii", source, CHOICES)
    assert [row["source"] for row in rows] == ["NCP/3/3", "Normal/7/7"]
    assert "patient 1 has scans that are covid-19 and healthy" in reasons["NCP/1/1"]
    assert "patient 1 has scans that are covid-19 and healthy" in reasons["Normal/1/2"]
    assert reasons["NCP/4/4"] == "the same images as NCP/3/3, which is in the cohort"
    assert reasons["NCP/5/5"] == "the same images are covid-19 and healthy: Normal/6/6"
    assert reasons["Normal/6/6"] == "the same images are covid-19 and healthy: NCP/5/5"


def test_another_folder_is_refused(tmp_path: Path, bring: Callable) -> None:
    with pytest.raises(CohortError, match="has no folder NCP, CP, Normal"):
        bring("cc-ccii", tmp_path)
    with pytest.raises(CohortError, match=r"cannot list|has no folder"):
        bring("cc-ccii", tmp_path / "absent")

from collections.abc import Callable
from pathlib import Path

import pytest

from data.public.published import make_mosmed
from pleura.cli.cohort_import import KNOWN
from pleura.data.cohort import read_cohort, review_cohort
from pleura.data.public import importing
from pleura.data.public.choices import Choices
from pleura.data.public.importing import import_cohort
from pleura.data.public.layouts import LAYOUTS, find_layout
from pleura.errors import CohortError, OutputError

MOSMED = LAYOUTS["mosmed"]


def test_an_import_that_was_stopped_goes_on_and_ends_as_an_unstopped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 2, "CT-1": 2})
    whole = import_cohort(MOSMED, source, tmp_path / "whole")
    done: list[str] = []
    convert = importing.convert_scan

    def stop_at_the_third(scan, case, how):
        if len(done) == 2:
            (how.folder / "studies" / f"{case}.nii.gz").write_bytes(b"half")
            raise KeyboardInterrupt
        done.append(case)
        return convert(scan, case, how)

    monkeypatch.setattr(importing, "convert_scan", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        import_cohort(MOSMED, source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(CohortError, match="not finished"):
        review_cohort(tmp_path / "out.unfinished")

    def only_what_is_left(scan, case, how):
        assert case not in done
        return convert(scan, case, how)

    monkeypatch.setattr(importing, "convert_scan", only_what_is_left)
    with pytest.raises(OutputError, match="seed was 1, now 2"):
        import_cohort(MOSMED, source, tmp_path / "out", Choices(seed=2))
    shown: list[int] = []
    again = import_cohort(MOSMED, source, tmp_path / "out", progress=lambda count, _: shown.append(count))
    assert shown == [2, 3, 4]
    assert again == whole
    assert (tmp_path / "out" / "cases.csv").read_text() == (tmp_path / "whole" / "cases.csv").read_text()
    assert not (tmp_path / "out.unfinished").exists()
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {
        str(path.relative_to(tmp_path / "whole")) for path in (tmp_path / "whole").rglob("*") if path.is_file()
    }


def test_what_was_left_out_is_looked_at_again_when_an_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 2})
    damaged = source / "studies" / "CT-0" / "study_0001.nii.gz"
    whole = damaged.read_bytes()
    damaged.write_bytes(b"")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing, "without_copies", stop)
        with pytest.raises(KeyboardInterrupt):
            import_cohort(MOSMED, source, tmp_path / "out")
    damaged.write_bytes(whole)
    imported = import_cohort(MOSMED, source, tmp_path / "out")
    assert (imported.cases, imported.left_out) == (2, 0)


def test_a_source_without_a_usable_scan_leaves_nothing_behind(tmp_path: Path) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 1})
    (source / "studies" / "CT-0" / "study_0001.nii.gz").write_bytes(b"")
    with pytest.raises(CohortError, match=r"no scan of .* can be used; CT-0/study_0001\.nii\.gz: "):
        import_cohort(MOSMED, source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 1})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        import_cohort(MOSMED, source, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_scans_with_like_names_get_names_of_their_own(tmp_path: Path, bring: Callable) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 3})
    studies = source / "studies" / "CT-0"
    (studies / "study_0001.nii.gz").rename(studies / "a b.nii.gz")
    (studies / "study_0002.nii.gz").rename(studies / "a_b.nii.gz")
    (studies / "study_0003.nii.gz").rename(studies / "A B.nii.gz")
    _, rows, _, _ = bring("mosmed", source)
    assert sorted(row["case"] for row in rows) == ["CT-0-A_B", "CT-0-a_b-2", "CT-0-a_b-3"]
    assert {row["source"] for row in rows} == {"CT-0/a b.nii.gz", "CT-0/a_b.nii.gz", "CT-0/A B.nii.gz"}


def test_workers_make_the_same_cohort(tmp_path: Path) -> None:
    source = make_mosmed(tmp_path / "source", {"CT-0": 1, "CT-1": 1})
    import_cohort(MOSMED, source, tmp_path / "one")
    import_cohort(MOSMED, source, tmp_path / "two", workers=2)
    assert (tmp_path / "one" / "cases.csv").read_text() == (tmp_path / "two" / "cases.csv").read_text()
    with pytest.raises(CohortError, match="at least 1 worker"):
        import_cohort(MOSMED, source, tmp_path / "three", workers=0)


def test_left_out_has_a_header_and_notes_are_gone(tmp_path: Path, bring: Callable) -> None:
    out, rows, _, _ = bring("mosmed", make_mosmed(tmp_path / "source", {"CT-0": 1}), Choices(hospital="Moscow"))
    assert (out / "left-out.csv").read_text() == "source,outcome,reason\n"
    assert sorted(path.name for path in out.iterdir()) == [
        "cases.csv",
        "cohort.toml",
        "left-out.csv",
        "masks",
        "studies",
    ]
    assert rows[0]["hospital"] == "Moscow"
    cohort = read_cohort(out, classes=())
    assert not cohort.synthetic
    assert "CC BY-NC-ND 3.0" in cohort.description
    assert "CT-0 is healthy" in cohort.description


def test_layouts_are_known_by_name() -> None:
    assert ", ".join(LAYOUTS) == KNOWN
    for name, layout in LAYOUTS.items():
        assert layout.name == name
        assert {source for source, label in layout.labels.items() if label is None} == set(layout.unsaid)
        assert layout.citation
        assert layout.licence
    with pytest.raises(CohortError, match='no layout is called "luna16"; known are cc-ccii, covid-19-ct-seg'):
        find_layout("luna16")

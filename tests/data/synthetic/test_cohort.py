import csv
import json
import shutil
from datetime import date
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from pleura.data.cohort import read_cohort
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import alike_hospitals
from pleura.data.synthetic.plan import plan_cohort
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.data.synthetic.unfinished import open_unfinished
from pleura.errors import CohortError, OutputError, RecipeError
from pleura.imaging.nifti_write import ras_affine


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_folder_is_a_cohort_and_holds_what_was_drawn(tmp_path) -> None:
    plan = plan_cohort(hospitals=alike_hospitals(4, ["north"]), seed=11, size="tiny")
    seen = []
    for form in ("dicom", "nifti"):
        out = tmp_path / form
        synthesize_cohort(
            out,
            hospitals=alike_hospitals(4, ["north"]),
            seed=11,
            size="tiny",
            format=form,
            progress=lambda *n: seen.append(n),
        )
        cohort = read_cohort(out)
        assert (cohort.synthetic, cohort.seed, cohort.name) == (True, 11, form)
        assert "GE LightSpeed16" in cohort.description
        planned = [(c.case, c.patient, c.hospital, c.label, c.severity, c.split) for c in plan]
        assert [(c.case, c.patient, c.hospital, c.label, c.severity, c.split) for c in cohort.cases] == planned
        for row, wanted in zip(cohort.cases, plan, strict=True):
            protocol = Protocol.draw(wanted.seed, scanner=wanted.scanner, shape=(36, 64, 64), severity=wanted.severity)
            case = generate_case(seed=wanted.seed, label=wanted.label, severity=wanted.severity or 1, protocol=protocol)
            expected = {row.lungs: case.lungs, row.lesions: case.lesions, row.lobes: case.lobes}
            assert (row.sex, row.age, row.scanner) == (case.patient.sex, int(case.patient.age), "GE LightSpeed16")
            assert row.thickness == pytest.approx(case.thickness, abs=1e-3)
            assert case.thickness == pytest.approx(protocol.coverage * case.volume.spacing[0], abs=1e-3)
            assert (row.day, row.course) == (None, None)
            if form == "nifti":
                expected[row.study] = case.volume.hu
            else:
                assert len(list(row.study.glob("*.dcm"))) == 36
            for path, array in expected.items():
                image = nib.load(path)
                assert np.array_equal(np.asarray(image.dataobj).transpose(2, 1, 0), array)
                assert image.get_data_dtype() == array.dtype
                assert np.allclose(image.affine, ras_affine(case.volume.affine), atol=1e-4)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dicom", "nifti"]


def test_the_number_of_workers_changes_nothing(tmp_path) -> None:
    for workers in (1, 2):
        folder = tmp_path / str(workers) / "cohort"
        synthesize_cohort(folder, hospitals=alike_hospitals(4, ["a", "b"]), seed=2, size="tiny", workers=workers)
    assert files(tmp_path / "1") == files(tmp_path / "2")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"hospitals": []}, CohortError, "at least one hospital"),
        ({"size": "huge"}, RecipeError, "tiny, small, medium, full"),
        ({"format": "png"}, CohortError, "dicom, nifti"),
        ({"workers": 0}, CohortError, "at least 1 worker"),
    ],
)
def test_refuses_what_it_cannot_make(tmp_path, arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        synthesize_cohort(
            tmp_path / "out", **({"hospitals": alike_hospitals(4, ["a"]), "seed": 1, "size": "tiny"} | arguments)
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_refuses_to_write_over_anything(tmp_path, kind) -> None:
    out = tmp_path / "out"
    mine = out if kind == "file" else out / "mine"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        synthesize_cohort(out, hospitals=alike_hospitals(1, ["a"]), seed=1, size="tiny")
    assert mine.read_text() == "mine"


def test_an_empty_folder_may_be_used(tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    synthesize_cohort(out, hospitals=alike_hospitals(1, ["a"]), seed=1, size="tiny")
    assert (out / "cases.csv").is_file()


def test_studies_of_a_patient_follow_one_course(tmp_path) -> None:
    out = tmp_path / "out"
    classes = ["covid-19", "healthy"]
    synthesize_cohort(out, hospitals=alike_hospitals(2, ["a"], classes), seed=3, size="tiny", studies=3)
    cohort = read_cohort(out, classes=classes)
    *series, healthy = cohort.cases
    assert len(series) == 3
    assert [case.case for case in series] == [f"a-0001-d{case.day:03d}" for case in series]
    assert {(case.patient, case.split, case.sex, case.age, case.course) for case in series} == {
        ("SYN-a-0001", "train", series[0].sex, series[0].age, series[0].course)
    }
    assert series[0].course is not None
    assert (healthy.case, healthy.day, healthy.course) == ("a-0002", None, None)
    heads = [pydicom.dcmread(next(iter(sorted(case.study.iterdir()))), stop_before_pixels=True) for case in series]
    dates = [date.fromisoformat(head.StudyDate) for head in heads]
    assert [(later - dates[0]).days for later in dates] == [case.day - series[0].day for case in series]
    assert {head.PatientID for head in heads} == {"SYN-a-0001"}
    assert len({head.StudyInstanceUID for head in heads}) == 3
    lungs = [np.asarray(nib.load(case.lungs).dataobj) for case in series]
    ratio = [(mask == 1).sum() / (mask == 2).sum() for mask in lungs]
    assert ratio == pytest.approx([ratio[0]] * 3, rel=0.05)  # the same patient
    assert not np.array_equal(lungs[0], lungs[1])  # who lay down anew
    lesions = [np.asarray(nib.load(case.lesions).dataobj) for case in series]
    burden = [float(np.isin(mask[inside > 0], (1, 2)).mean()) for mask, inside in zip(lesions, lungs, strict=True)]
    planned = plan_cohort(hospitals=alike_hospitals(2, ["a"], classes), seed=3, studies=3)
    extents = [case.stage.extent for case in planned[:3]]
    assert np.argsort(burden).tolist() == np.argsort(extents).tolist()
    assert [case.severity for case in series] == [1 if b <= 0.05 else 2 if b <= 0.25 else 3 for b in burden]


def test_clinical_data_stand_beside_the_cases(tmp_path) -> None:
    out = tmp_path / "out"
    synthesize_cohort(out, hospitals=alike_hospitals(4, ["a"]), seed=1, size="tiny", format="nifti")
    cases = read_cohort(out).cases
    with (out / "clinical.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["case"], row["patient"]) for row in rows] == [(case.case, case.patient) for case in cases]
    assert [(row["sex"], float(row["age_years"])) for row in rows] == [(case.sex, case.age) for case in cases]


class _StoppedError(Exception):
    pass


def test_a_run_that_was_stopped_is_gone_on_with(tmp_path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise _StoppedError

    arguments = {"hospitals": alike_hospitals(4, ["a"]), "seed": 1, "size": "tiny"}
    with pytest.raises(_StoppedError):
        synthesize_cohort(tmp_path / "out", **arguments, progress=stop)
    part = tmp_path / "out.unfinished"
    assert list(tmp_path.iterdir()) == [part]
    with pytest.raises(CohortError, match="is not finished"):
        read_cohort(part)
    # what a killed process leaves: a study without its masks, a mask half written
    (part / "studies" / "a-0003").mkdir()
    (part / "studies" / "a-0003" / "IM0001.dcm").write_bytes(b"half")
    (part / "masks" / ".a-0003-lungs.nii.gz.77.nii.gz").write_bytes(b"half")
    kept = (part / "studies" / "a-0001" / "IM0001.dcm").stat().st_mtime_ns
    seen = []
    synthesize_cohort(tmp_path / "out", **arguments, workers=2, progress=lambda *n: seen.append(n))
    assert seen == [(2, 4), (3, 4), (4, 4)]
    assert (tmp_path / "out" / "studies" / "a-0001" / "IM0001.dcm").stat().st_mtime_ns == kept
    whole = tmp_path / "whole" / "out"
    synthesize_cohort(whole, **arguments)
    assert files(tmp_path / "out") == files(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 2}, "seed was 1, now 2"),
        ({"size": "small"}, "size was tiny, now small"),
        ({"studies": 3}, "studies was 1, now 3"),
        ({"hospitals": alike_hospitals(3, ["a"], ["healthy"])}, "now .*a: 3 patients"),
        ({"splits": (1.0, 0.0, 0.0)}, "splits was"),
    ],
)
def test_other_arguments_are_refused_by_name(tmp_path, changed, said) -> None:
    arguments = {"hospitals": alike_hospitals(2, ["a"], ["healthy"]), "seed": 1, "size": "tiny"}
    begin(tmp_path / "out.unfinished", arguments)
    with pytest.raises(OutputError, match=said) as caught:
        synthesize_cohort(tmp_path / "out", **(arguments | changed))
    assert str(caught.value).count(" was ") == 2  # and "was begun"


def begin(folder: Path, arguments: dict) -> None:
    """Leave what a run leaves that is stopped before its first case."""
    from pleura.data.synthetic import cohort

    original = cohort.generate_case
    cohort.generate_case = _stop
    try:
        with pytest.raises(_StoppedError):
            synthesize_cohort(folder.with_name("out"), **arguments)
    finally:
        cohort.generate_case = original
    assert json.loads((folder / "unfinished.json").read_text())["seed"] == arguments["seed"]


def _stop(**_: object) -> None:
    raise _StoppedError


def test_a_cohort_of_another_generator_is_not_gone_on_with(tmp_path) -> None:
    arguments = {"hospitals": alike_hospitals(2, ["a"], ["healthy"]), "seed": 1, "size": "tiny"}
    folder = tmp_path / "out.unfinished"
    begin(folder, arguments)
    mark = folder / "unfinished.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"generator": "pleura 0.0 synthetic abc"}))
    with pytest.raises(OutputError, match=r"generator was pleura 0\.0 synthetic abc, now pleura"):
        synthesize_cohort(tmp_path / "out", **arguments)


def test_two_runs_do_not_make_the_same_cohort_at_once(tmp_path) -> None:
    arguments = {"cases": 1}
    with (
        open_unfinished(tmp_path / "out", arguments),
        pytest.raises(OutputError, match="another run is making"),
        open_unfinished(tmp_path / "out", arguments),
    ):
        pass
    with open_unfinished(tmp_path / "out", arguments):  # the lock went with the first
        pass


def test_a_strange_folder_in_the_way_is_left_alone(tmp_path) -> None:
    folder = tmp_path / "out.unfinished"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(OutputError, match="in the way"):
        synthesize_cohort(tmp_path / "out", hospitals=alike_hospitals(1, ["a"]), seed=1, size="tiny")
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_any_change_of_the_generator_is_another_generator(tmp_path, monkeypatch) -> None:
    import pleura.data.synthetic as package
    from pleura.data.synthetic import unfinished

    copy = Path(
        shutil.copytree(package.__path__[0], tmp_path / "copy", ignore=shutil.ignore_patterns("*.nb?", "*.pyc"))
    )
    before = unfinished._generator()
    monkeypatch.setattr(package, "__path__", [str(copy)])
    assert unfinished._generator() == before
    table = copy / "clinical" / "distributions.toml"
    table.write_text(table.read_text() + "\n")
    assert unfinished._generator() != before

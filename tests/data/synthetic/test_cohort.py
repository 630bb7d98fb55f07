from collections import Counter
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from pleura.data.cohort import read_cohort
from pleura.data.synthetic.case import generate_case
from pleura.data.synthetic.cohort import plan_cohort, synthesize_cohort
from pleura.data.synthetic.scanner.protocol import Protocol
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.errors import CohortError, OutputError, PleuraError, RecipeError
from pleura.imaging.nifti_write import ras_affine
from pleura.settings import CLASSES

HOSPITALS = ("north", "east", "west")


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_labels_severities_and_scanners_go_round() -> None:
    plan = plan_cohort(cases=144, hospitals=HOSPITALS, seed=1)
    assert Counter(c.hospital for c in plan) == dict.fromkeys(HOSPITALS, 48)
    assert set(Counter((c.hospital, c.label) for c in plan).values()) == {12}
    grades = Counter((c.hospital, c.label, c.severity) for c in plan)
    for hospital in HOSPITALS:
        assert grades[hospital, "healthy", 0] == 12
        for label in CLASSES[1:]:
            assert [grades[hospital, label, s] for s in (1, 2, 3)] == [4, 4, 4]
    assert {c.hospital: c.scanner for c in plan} == dict(zip(HOSPITALS, SCANNERS, strict=True))
    assert len({c.patient for c in plan}) == len({c.case for c in plan}) == len({c.seed for c in plan}) == 144


def test_splits_are_stratified_by_hospital_and_class() -> None:
    plan = plan_cohort(cases=240, hospitals=HOSPITALS, seed=1)
    for hospital in HOSPITALS:
        for label in CLASSES:
            splits = [c.split for c in plan if (c.hospital, c.label) == (hospital, label)]
            assert splits[:5] == ["train", "validation", "train", "test", "train"]  # by hand
            assert Counter(splits) == {"train": 12, "validation": 4, "test": 4}


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.2), (1.0, 0.0, 0.0), (0.0, 0.5, 0.5), (1 / 3, 1 / 3, 1 / 3)])
def test_every_prefix_keeps_within_one_case_of_its_shares(shares) -> None:
    plan = plan_cohort(cases=97, hospitals=["a"], seed=1, classes=["healthy"], splits=shares)
    for n in range(1, len(plan) + 1):
        counts = Counter(c.split for c in plan[:n])
        for split, share in zip(("train", "validation", "test"), shares, strict=True):
            assert abs(counts[split] - share * n) <= 1


def test_a_case_does_not_depend_on_how_many_there_are_nor_on_the_other_hospitals() -> None:
    long = plan_cohort(cases=60, hospitals=HOSPITALS, seed=5)
    assert plan_cohort(cases=20, hospitals=HOSPITALS, seed=5) == long[:20]
    alone = plan_cohort(cases=20, hospitals=["north"], seed=5)
    assert alone == [c for c in long if c.hospital == "north"]
    assert {c.seed for c in plan_cohort(cases=60, hospitals=HOSPITALS, seed=6)}.isdisjoint(c.seed for c in long)


def test_the_folder_is_a_cohort_and_holds_what_was_drawn(tmp_path) -> None:
    plan = plan_cohort(cases=4, hospitals=["north"], seed=11, size="tiny")
    seen = []
    for form in ("dicom", "nifti"):
        out = tmp_path / form
        synthesize_cohort(
            out, cases=4, hospitals=["north"], seed=11, size="tiny", format=form, progress=lambda *n: seen.append(n)
        )
        cohort = read_cohort(out)
        assert (cohort.synthetic, cohort.seed, cohort.name) == (True, 11, form)
        assert "GE LightSpeed16" in cohort.description
        planned = [(c.case, c.patient, c.hospital, c.label, c.severity, c.split) for c in plan]
        assert [(c.case, c.patient, c.hospital, c.label, c.severity, c.split) for c in cohort.cases] == planned
        for row, wanted in zip(cohort.cases, plan, strict=True):
            protocol = Protocol.draw(wanted.seed, scanner=wanted.scanner, shape=(36, 64, 64))
            case = generate_case(seed=wanted.seed, label=wanted.label, severity=wanted.severity or 1, protocol=protocol)
            expected = {row.lungs: case.lungs, row.lesions: case.lesions}
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
        synthesize_cohort(folder, cases=4, hospitals=["a", "b"], seed=2, size="tiny", workers=workers)
    assert files(tmp_path / "1") == files(tmp_path / "2")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"cases": 0}, CohortError, "at least 1 case"),
        ({"hospitals": []}, CohortError, "at least one hospital"),
        ({"hospitals": "north"}, CohortError, "at least one hospital"),
        ({"hospitals": ["a", "A"]}, CohortError, "each named once"),
        ({"hospitals": ["../a"]}, CohortError, r"hospital '\.\./a' must be"),
        ({"hospitals": [""]}, CohortError, "1 to 32 letters"),
        ({"seed": -1}, CohortError, "seed must lie between"),
        ({"seed": 2**63}, CohortError, "seed must lie between"),
        ({"size": "huge"}, RecipeError, "tiny, small, medium, full"),
        ({"format": "png"}, CohortError, "dicom, nifti"),
        ({"classes": ["covid"]}, CohortError, "classes must be some of healthy"),
        ({"classes": []}, CohortError, "classes must be"),
        ({"splits": (0.5, 0.5, 0.5)}, CohortError, "sum to 1"),
        ({"splits": (1.2, -0.1, -0.1)}, CohortError, "sum to 1"),
        ({"workers": 0}, CohortError, "at least 1 worker"),
    ],
)
def test_refuses_what_it_cannot_make(tmp_path, arguments, error, words) -> None:
    with pytest.raises(error, match=words):
        synthesize_cohort(tmp_path / "out", **({"cases": 4, "hospitals": ["a"], "seed": 1, "size": "tiny"} | arguments))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_refuses_to_write_over_anything(tmp_path, kind) -> None:
    out = tmp_path / "out"
    mine = out if kind == "file" else out / "mine"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match="already holds something"):
        synthesize_cohort(out, cases=1, hospitals=["a"], seed=1, size="tiny")
    assert mine.read_text() == "mine"


def test_an_empty_folder_may_be_used(tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    synthesize_cohort(out, cases=1, hospitals=["a"], seed=1, size="tiny")
    assert (out / "cases.csv").is_file()


def test_nothing_is_left_when_it_is_stopped_half_way(tmp_path) -> None:
    def stop(done: int, _: int) -> None:
        if done == 2:
            raise PleuraError("stopped")

    with pytest.raises(PleuraError, match="stopped"):
        synthesize_cohort(tmp_path / "out", cases=3, hospitals=["a"], seed=1, size="tiny", progress=stop)
    assert not list(tmp_path.iterdir())

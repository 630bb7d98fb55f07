import csv
from pathlib import Path

import pytest

from pleura.data.cohort import read_cohort
from pleura.data.joining import join_cohorts
from pleura.errors import CohortError, OutputError

HEADER = "case,patient,hospital,label,severity,split,study,lungs,lesions"


def _cohort(folder: Path, *rows: str, header: str = HEADER, name: str = "", synthetic: str = "false") -> Path:
    folder.mkdir()
    (folder / "cohort.toml").write_text(
        f'format = 1\nname = "{name or folder.name}"\nsynthetic = {synthetic}\ndescription = "of {folder.name}"\n'
    )
    (folder / "cases.csv").write_text("\n".join((header, *rows)) + "\n")
    for row in rows:
        for path in row.split(",")[6:9]:
            if path:
                (folder / path).parent.mkdir(exist_ok=True)
                (folder / path).write_bytes(row.encode())
    return folder


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    east = _cohort(
        tmp_path / "east",
        "a b,1,h,healthy,0,train,studies/a.nii.gz,masks/a.nii.gz,",
        "a_b,2,h,covid-19,1,test,studies/b.nii,,masks/b.nii.gz",
    )
    west = _cohort(tmp_path / "west", "a,1,g,bacterial,0,test,studies/a.nii.gz,,,44", header=f"{HEADER},age")
    (west / "studies" / "a.nii.gz").unlink()
    (west / "studies" / "a.nii.gz").mkdir()  # a series' folder may be called anything
    for name in ("1.dcm", "2.dcm"):
        (west / "studies" / "a.nii.gz" / name).write_bytes(name.encode())
    (east / "clinical.csv").write_text("case,patient,sex,crp_mg_per_l\na_b,2,F,12\n")
    return [east, west]


def test_cases_keep_what_they_are_under_new_names(tmp_path: Path, two: list[Path]) -> None:
    joined = join_cohorts(two, tmp_path / "both")
    cohort = read_cohort(tmp_path / "both", classes=())
    assert (joined.cases, joined.patients) == (3, 3)
    told = [(c.case, c.patient, c.hospital, c.label, c.severity, c.split, c.age) for c in cohort.cases]
    assert told == [
        ("east-a b", "east-1", "h", "healthy", 0, "train", None),
        ("east-a_b", "east-2", "h", "covid-19", 1, "test", None),
        ("west-a", "west-1", "g", "bacterial", 0, "test", 44.0),
    ]
    assert cohort.cases[0].study.samefile(two[0] / "studies" / "a.nii.gz")
    assert cohort.cases[1].study.read_bytes() == (two[0] / "studies" / "b.nii").read_bytes()
    assert cohort.cases[1].study.suffix == ".nii"
    assert cohort.cases[0].lungs is not None
    assert cohort.cases[0].lungs.samefile(two[0] / "masks" / "a.nii.gz")
    assert cohort.cases[1].lesions is not None
    assert cohort.cases[1].lesions.samefile(two[0] / "masks" / "b.nii.gz")
    assert sorted(path.name for path in cohort.cases[2].study.iterdir()) == ["1.dcm", "2.dcm"]
    assert cohort.description == "2 cohorts joined: east (of east); west (of west)"
    with (tmp_path / "both" / "clinical.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"case": "east-a_b", "patient": "east-2", "sex": "F", "crp_mg_per_l": "12"}
        ]


def test_files_may_be_copied(tmp_path: Path, two: list[Path]) -> None:
    join_cohorts(two, tmp_path / "both", copy=True)
    first = read_cohort(tmp_path / "both", classes=()).cases[0]
    assert not first.study.samefile(two[0] / "studies" / "a.nii.gz")
    assert first.study.read_bytes() == (two[0] / "studies" / "a.nii.gz").read_bytes()


def test_what_cannot_stand_together_is_refused(tmp_path: Path, two: list[Path]) -> None:
    with pytest.raises(CohortError, match="1 cohort; need at least two"):
        join_cohorts(two[:1], tmp_path / "both")
    twin = _cohort(tmp_path / "twin", "a,1,g,healthy,0,test,studies/a,,", name="west")
    with pytest.raises(CohortError, match="two cohorts are called west"):
        join_cohorts([two[1], twin], tmp_path / "both")
    drawn = _cohort(tmp_path / "drawn", "a,1,g,healthy,0,test,studies/a,,", synthetic="true")
    with pytest.raises(CohortError, match="drawn: synthetic cases, which would stand beside patients"):
        join_cohorts([two[0], drawn], tmp_path / "both")
    (tmp_path / "both").mkdir()
    (tmp_path / "both" / "x").write_text("")
    with pytest.raises(OutputError, match="already holds something"):
        join_cohorts(two, tmp_path / "both")

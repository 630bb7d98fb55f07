from pathlib import Path

import pytest

from pleura.data.cohort import read_cohort
from pleura.errors import CohortError
from pleura.settings import CLASSES

HEADER = "case,patient,hospital,label,severity,split,study,lungs,lesions"
ROWS = (
    "a,p1,east,healthy,0,train,studies/a.nii.gz,,",
    "b,p2,east,covid-19,2,train,studies/b.nii.gz,masks/b.nii.gz,masks/b.nii.gz",
    "c,p3,west,other-viral,1,train,studies/c.nii.gz,,",
    "d,p4,west,bacterial,3,train,studies/d.nii.gz,,",
    "e,p5,west,healthy,0,validation,studies/e,,",
    "f,p5,west,bacterial,1,validation,studies/e,,",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("studies/e", "masks"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("studies/a", "studies/b", "studies/c", "studies/d", "masks/b"):
        (tmp_path / f"{name}.nii.gz").write_bytes(b"x")
    (tmp_path / "cohort.toml").write_text('format = 1\nname = "two"\nsynthetic = true\nseed = 4\n')
    _write(tmp_path, *ROWS)
    return tmp_path


def _write(folder: Path, *rows: str, header: str = HEADER) -> None:
    (folder / "cases.csv").write_text("\n".join((header, *rows)) + "\n")


def test_a_whole_cohort_is_read_as_it_stands(folder: Path) -> None:
    cohort = read_cohort(folder)
    assert (cohort.name, cohort.seed, cohort.synthetic, cohort.generator) == ("two", 4, True, "")
    assert [case.case for case in cohort.cases] == list("abcdef")
    assert [case.case for case in cohort.split("validation")] == ["e", "f"]
    b = cohort.cases[1]
    assert (b.patient, b.hospital, b.label, b.severity, b.split) == ("p2", "east", "covid-19", 2, "train")
    assert b.study == folder / "studies" / "b.nii.gz"
    assert b.lungs == b.lesions == folder / "masks" / "b.nii.gz"
    assert cohort.cases[0].lungs is None
    assert cohort.counts("hospital") == {"east": 2, "west": 4}
    assert cohort.counts("label", "train") == {"bacterial": 1, "covid-19": 1, "healthy": 1, "other-viral": 1}


def test_a_byte_order_mark_and_further_columns_do_no_harm(folder: Path) -> None:
    text = "\n".join((HEADER + ",age", *(row + ",40" for row in ROWS)))
    (folder / "cases.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert len(read_cohort(folder).cases) == 6


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,p9,east,healthy,0,train,studies/a.nii.gz,,", "case a is in the table twice"),
        (
            "g,p1,east,healthy,0,test,studies/a.nii.gz,,",
            "patient p1 is in two splits: case a in train, case g in test",
        ),
        ("g,p9,east,influenza,0,train,studies/a.nii.gz,,", 'line 8, case g: label "influenza"; need one of healthy'),
        ("g,p9,east,healthy,4,train,studies/a.nii.gz,,", 'line 8, case g: severity "4"'),
        ("g,p9,east,healthy,,train,studies/a.nii.gz,,", 'severity ""'),
        ("g,p9,east,healthy,0,training,studies/a.nii.gz,,", 'line 8, case g: split "training"'),
        ("g,p9,east,healthy,0,train,studies/z.nii.gz,,", "line 8, case g: studies/z.nii.gz is not there"),
        ("g,p9,east,healthy,0,train,studies/a.nii.gz,masks/z.nii.gz,", "masks/z.nii.gz is not there"),
        ("g,p9,east,healthy,0,train,/etc/passwd,,", 'path "/etc/passwd" leaves the cohort'),
        ("g,p9,east,healthy,0,train,../a.nii.gz,,", 'path "../a.nii.gz" leaves the cohort'),
        ("g,p9,east,healthy,0,train,studies/../../a,,", "leaves the cohort"),
        ("g,p9,east,healthy,0,train,..\\a,,", "leaves the cohort"),
        ("g,p9,east,healthy,0,train,studies/a.nii.gz,/etc/passwd,", "leaves the cohort"),
        ("g,,east,healthy,0,train,studies/a.nii.gz,,", "line 8, case g: patient is empty"),
        (",p9,east,healthy,0,train,studies/a.nii.gz,,", "line 8: case is empty"),
        ("g,p9, ,healthy,0,train,studies/a.nii.gz,,", "hospital is empty"),
        ("g,p9,east,healthy,0,train,,,", "study is empty"),
        ("g,p9,east,healthy,0,train,studies/a.nii.gz", "line 8: not as many fields"),
        ("g,p9,east,healthy,0,train,studies/a.nii.gz,,,,", "line 8: not as many fields"),
        ('g,"p9,east,healthy,0,train,studies/a.nii.gz,,', "cannot read"),
    ],
)
def test_a_wrong_row_is_refused_by_its_line_and_case(folder: Path, row: str, said: str) -> None:
    _write(folder, *ROWS, row)
    with pytest.raises(CohortError) as caught:
        read_cohort(folder)
    assert said in str(caught.value)


def test_a_link_out_of_the_cohort_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.nii.gz"
    outside.write_bytes(b"x")
    (folder / "studies" / "link.nii.gz").symlink_to(outside)
    _write(folder, *ROWS, "g,p9,east,healthy,0,train,studies/link.nii.gz,,")
    with pytest.raises(CohortError, match="leaves the cohort through a link"):
        read_cohort(folder)


def test_a_class_with_no_training_case_is_refused(folder: Path) -> None:
    _write(folder, *(row for row in ROWS if not row.startswith(("c", "d"))))
    with pytest.raises(CohortError, match="no training case of class other-viral, bacterial"):
        read_cohort(folder)


def test_other_classes_can_be_asked_for(folder: Path) -> None:
    _write(folder, *(row for row in ROWS if "healthy" in row or "covid" in row))
    assert len(read_cohort(folder, classes=("healthy", "covid-19")).cases) == 3


def test_cases_of_other_labels_are_read_and_can_be_left_out(folder: Path) -> None:
    further = ("g,p6,east,tuberculosis,2,train,studies/a.nii.gz,,", "h,p7,west,nodule,1,test,studies/a.nii.gz,,")
    _write(folder, *ROWS, *further)
    cohort = read_cohort(folder)
    assert cohort.counts("label") == {
        "bacterial": 2,
        "covid-19": 1,
        "healthy": 2,
        "nodule": 1,
        "other-viral": 1,
        "tuberculosis": 1,
    }
    two = cohort.of_classes(("healthy", "tuberculosis"))
    assert ([case.case for case in two.cases], two.name) == (["a", "e", "g"], "two")
    assert [case.case for case in cohort.of_classes(CLASSES).cases] == list("abcdef")
    with pytest.raises(CohortError, match="no training case of class nodule"):
        read_cohort(folder, classes=("nodule", "healthy"))


def test_optional_columns_are_read_and_may_be_empty(folder: Path) -> None:
    cells = [
        "masks/b.nii.gz,F,61,12,relapse,GE LightSpeed16,1.25",
        ",M,40.5,,,,",
        ",O,,0,plateau,,",
        *([",,,,,,"] * 3),
    ]
    _write(
        folder,
        *(f"{row},{more}" for row, more in zip(ROWS, cells, strict=True)),
        header=HEADER + ",lobes,sex,age,day,course,scanner,thickness",
    )
    a, b, c, d, _, _ = read_cohort(folder).cases
    assert (a.lobes, a.sex, a.age, a.day) == (folder / "masks" / "b.nii.gz", "F", 61.0, 12)
    assert (a.course, a.scanner, a.thickness) == ("relapse", "GE LightSpeed16", 1.25)
    assert (b.lobes, b.sex, b.age, b.day, b.course, b.scanner, b.thickness) == (None, "M", 40.5, None, None, None, None)
    assert (c.sex, c.day, c.course) == ("O", 0, "plateau")
    assert (d.sex, d.age, d.day) == (None, None, None)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("lobes", "masks/z.nii.gz", "masks/z.nii.gz is not there"),
        ("lobes", "../z.nii.gz", "leaves the cohort"),
        ("sex", "female", 'line 2, case a: sex "female"; need one of F, M, O, or nothing'),
        ("age", "61Y", 'age "61Y"; need a number from 0 to 130'),
        ("age", "nan", 'age "nan"'),
        ("age", "-1", 'age "-1"'),
        ("day", "1.5", 'day "1.5"; need a whole number'),
        ("course", "recovery", 'course "recovery"; need one of peak-recovery'),
        ("thickness", "0", 'thickness "0"; need a number from 0.01 to 50'),
    ],
)
def test_a_wrong_value_in_an_optional_column_is_refused(folder: Path, column: str, cell: str, said: str) -> None:
    _write(folder, f"{ROWS[0]},{cell}", *(f"{row}," for row in ROWS[1:]), header=f"{HEADER},{column}")
    with pytest.raises(CohortError) as caught:
        read_cohort(folder)
    assert said in str(caught.value)


def test_an_empty_table_a_missing_column_or_file_is_refused(folder: Path) -> None:
    _write(folder)
    with pytest.raises(CohortError, match="has no cases"):
        read_cohort(folder)
    _write(folder, header="case,patient,hospital")
    with pytest.raises(CohortError, match="no column label, severity, split, study, lungs, lesions"):
        read_cohort(folder)
    (folder / "cases.csv").write_bytes(b"")
    with pytest.raises(CohortError, match="no column case"):
        read_cohort(folder)
    (folder / "cases.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CohortError, match="cannot read"):
        read_cohort(folder)
    (folder / "cases.csv").unlink()
    with pytest.raises(CohortError, match=r"no cases\.csv in"):
        read_cohort(folder)
    with pytest.raises(CohortError, match=r"no cohort\.toml in"):
        read_cohort(folder / "absent")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('format = 2\nname = "a"\nsynthetic = true', "format = 2"),
        ('format = 1\nname = "a"', "synthetic = None; need bool"),
        ("format = 1\nname = 3\nsynthetic = true", "name = 3; need str"),
        ('format = 1\nname = "a"\nsynthetic = true\nseed = true', "seed = True; need int"),
        ("format = ", "cannot read"),
    ],
)
def test_a_wrong_description_is_refused(folder: Path, text: str, said: str) -> None:
    (folder / "cohort.toml").write_text(text)
    with pytest.raises(CohortError) as caught:
        read_cohort(folder)
    assert said in str(caught.value)

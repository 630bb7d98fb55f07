import pytest

from pleura.data.synthetic.hospitals import SyntheticHospital, alike_hospitals, read_hospitals
from pleura.data.synthetic.scanner.scanners import SCANNERS
from pleura.errors import CohortError, RecipeError
from pleura.settings import CLASSES


def test_patients_are_shared_out_and_scanners_go_round() -> None:
    found = alike_hospitals(11, ["a", "b", "c", "d", "e"])
    assert [hospital.patients for hospital in found] == [3, 2, 2, 2, 2]
    assert [hospital.scanner for hospital in found] == [*SCANNERS, next(iter(SCANNERS))]
    assert {tuple(hospital.classes) for hospital in found} == {CLASSES}


@pytest.mark.parametrize(
    ("cases", "names", "classes", "words"),
    [
        (0, ["a"], CLASSES, "at least 1 case"),
        (1, ["a", "b"], CLASSES, "each of 2 hospitals, got 1"),
        (4, [], CLASSES, "at least one hospital"),
        (4, "north", CLASSES, "at least one hospital"),
        (4, ["../a"], CLASSES, r"hospital '\.\./a' must be"),
        (4, [""], CLASSES, "1 to 32 letters"),
        (4, ["a"], ["covid"], "classes must be some of healthy"),
        (4, ["a"], [], "classes must be"),
        (4, ["a"], ["healthy", "healthy"], "each once"),
        (4, ["a"], "healthy", "classes must be"),
        (4, ["a"], {"healthy": 0}, "healthy: 0"),
    ],
)
def test_refuses_hospitals_that_cannot_be(cases, names, classes, words) -> None:
    with pytest.raises(CohortError, match=words):
        alike_hospitals(cases, names, classes)


def test_a_file_says_what_each_hospital_is(tmp_path) -> None:
    path = tmp_path / "hospitals.toml"
    path.write_text("""
[[hospital]]
name = "main"
patients = 30
scanner = "Philips Brilliance 16"
classes = { covid-19 = 3, healthy = 1 }

[[hospital]]
name = "branch"
patients = 7
""")
    assert read_hospitals(path) == (
        SyntheticHospital(
            name="main", patients=30, scanner="Philips Brilliance 16", classes={"covid-19": 3, "healthy": 1}
        ),
        SyntheticHospital(name="branch", patients=7),
    )


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("[[hospital]", CohortError, "is not a TOML file"),
        ("hospitals = 3", RecipeError, "unknown key hospitals"),
        ('[[hospital]]\nname = "a"', RecipeError, "patients is missing"),
        ('[[hospital]]\nname = "a"\npatients = 0', CohortError, "hospital a: need at least 1 patient"),
        ('[[hospital]]\nname = "a"\npatients = 1\nscanner = "X"', RecipeError, "no scanner is called 'X'"),
        ('[[hospital]]\nname = "a"\npatients = 1\nclasses = {flu = 1}', CohortError, "classes must be some of"),
    ],
)
def test_refuses_a_file_by_what_is_wrong_in_it(tmp_path, text, error, words) -> None:
    path = tmp_path / "hospitals.toml"
    path.write_text(text)
    with pytest.raises(error, match=words) as caught:
        read_hospitals(path)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_is_not_there_is_said(tmp_path) -> None:
    with pytest.raises(CohortError, match=r"cannot read .*none\.toml"):
        read_hospitals(tmp_path / "none.toml")

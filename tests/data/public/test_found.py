from pathlib import Path

import pytest

from pleura.data.public.found import children, in_order, read_table, safe_name, slice_number
from pleura.errors import CohortError


def test_numbers_in_names_are_ordered_by_value() -> None:
    names = ["a10", "b", "a2", "10", "2", "a2b"]
    assert [path.name for path in in_order(Path(name) for name in names)] == ["2", "10", "a2", "a2b", "a10", "b"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0053.png", 53),
        ("IMG-0001-00007.jpg", 7),
        ("slice.png", None),
        ("1.2.840.99999999999.png", None),
        ("²3.png", 3),
    ],
)
def test_the_last_number_orders_a_slice(name: str, number: int | None) -> None:
    assert slice_number(Path(name)) == number


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("NCP", "12", "3"), "NCP-12-3"),
        (("COVID-19 subjects", " P 1 "), "COVID-19_subjects-P_1"),
        (("..", "a/b\\c"), "a_b_c"),
        (("пациент",), "unnamed"),
        (("x" * 300,), "x" * 120),
    ],
)
def test_names_are_fit_for_files(parts: tuple[str, ...], name: str) -> None:
    assert safe_name(*parts) == name


def test_hidden_files_are_passed_over_and_missing_folders_refused(tmp_path: Path) -> None:
    for name in ("a", ".b", "__MACOSX"):
        (tmp_path / name).mkdir()
    (tmp_path / "c").write_text("")
    assert [path.name for path in children(tmp_path, folders=True)] == ["a"]
    assert [path.name for path in children(tmp_path, folders=False)] == ["c"]
    with pytest.raises(CohortError, match="cannot list"):
        children(tmp_path / "absent", folders=True)


def test_tables_come_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("\ufeffa, b\n1, 2 \n3\n".encode())
    assert list(read_table(table, ("a", "b"))) == [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]
    with pytest.raises(CohortError, match="has no column c"):
        list(read_table(table, ("c",)))
    table.write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(CohortError, match="cannot read"):
        list(read_table(table, ("a",)))

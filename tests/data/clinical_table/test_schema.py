import pytest

from pleura.data.clinical_table.schema import find_schema, parse_schema, schema_table
from pleura.data.synthetic.clinical.distributions import COLUMNS
from pleura.errors import RecipeError
from pleura.models.toml_write import to_toml

HEAD = 'format = 1\nname = "s"\n'
CRP = '[features.crp]\nlabel = "CRP"\nunit = "mg/L"\nlow = 0\nhigh = 1000\n'


def test_the_shipped_schema_has_the_columns_of_synthetic_cohorts_in_their_order() -> None:
    assert ("case", "patient", *find_schema("synthetic").names) == COLUMNS


def test_a_schema_is_read_back_as_it_was_written() -> None:
    schema = find_schema("synthetic")
    assert parse_schema(to_toml(schema_table(schema))) == schema


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 's'", "format 1"),
        (HEAD, "features is missing"),
        (HEAD + "features = {}", "one feature or more"),
        (HEAD + CRP.replace("high = 1000", "high = 0"), "feature crp: low = 0, high = 0; need low < high"),
        (HEAD + CRP.replace("low = 0\n", ""), "a number needs low and high"),
        (HEAD + CRP + 'units = { "mg/dL" = [0.0] }', "no factor is 0"),
        (HEAD + CRP + 'kind = "flag"', 'kind = "flag"; known are number, yes-no, category'),
        (HEAD + CRP + "median = 3", "unknown key median"),
        (HEAD + '[features.sex]\nlabel = "sex"\nkind = "category"', "every category has them"),
        (HEAD + '[features.cough]\nlabel = "cough"\nkind = "yes-no"\nunit = "1"', "are for numbers, not for yes-no"),
        (HEAD + CRP + '[features.x]\nlabel = "x"\nlow = 0\nhigh = 1\ncolumns = ["CRP"]', '"CRP" means both crp and x'),
        (HEAD + "features = 3", "features are tables"),
        ("= 3", "not TOML"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace("(", r"\(")):
        parse_schema(text)


def test_features_are_kept_in_the_schemas_order_and_left_out_by_name() -> None:
    schema = find_schema("synthetic")
    assert schema.only(["sex", "age_years"]).names == ("age_years", "sex")
    assert schema.without(["age_years"]).names == schema.names[1:]
    with pytest.raises(RecipeError, match="no feature ferritin in the schema synthetic"):
        schema.without(["ferritin"])
    with pytest.raises(RecipeError, match="one feature or more"):
        schema.without(schema.names)


def test_an_unknown_schema_lists_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="come with Pleura are synthetic"):
        find_schema("nothing")

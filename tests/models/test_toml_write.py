import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pleura.models.toml_write import to_toml

# TOML has no surrogates and 64-bit integers.
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars | st.lists(scalars, max_size=3), lambda inner: st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(texts, values, max_size=5))
def test_what_is_written_reads_back_the_same(table: dict[str, object]) -> None:
    back = tomllib.loads(to_toml(table))
    assert back == table
    assert repr(back) == repr(tomllib.loads(to_toml(back)))


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), b"bytes", object()])
def test_what_toml_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot write"):
        to_toml({"key": value})

from pathlib import Path

import pytest

from pleura.errors import RecipeError
from pleura.training.clinical.recipe import parse_clinical_recipe, read_clinical_recipe
from pleura.training.recipes import find_recipe


def test_dl3_has_the_papers_diseases_and_kernels() -> None:
    recipe = read_clinical_recipe(find_recipe("dl3"))
    assert (recipe.name, recipe.positive, recipe.negative) == ("dl3", "covid-19", "other-viral")
    assert recipe.kernels == ("linear", "poly", "rbf")
    assert (recipe.folds.repeats, recipe.folds.outer) == (5, 5)
    assert recipe == parse_clinical_recipe('name = "dl3"'), "the file spells the defaults out"


def test_a_networks_recipe_is_refused() -> None:
    with pytest.raises(RecipeError, match='a recipe for diagnosis; need one with task = "clinical", such as dl3'):
        read_clinical_recipe(find_recipe("ucadi"))


def test_candidates_are_all_of_the_grid() -> None:
    recipe = parse_clinical_recipe(
        'name = "a"\n[grid]\ncost_poly = [1.0, 2.0]\ndegree = [2]\ngamma = [0.5]\ncost_rbf = [4]'
    )
    poly = recipe.grid.candidates("poly", 10)
    assert [(one.cost, one.kernel.degree, one.kernel.gamma) for one in poly] == [(1.0, 2, 0.1), (2.0, 2, 0.1)]
    assert [(one.cost, one.kernel.gamma) for one in recipe.grid.candidates("rbf", 10)] == [(4.0, 0.05)]
    assert [one.cost for one in recipe.grid.candidates("linear", 10)] == [0.01, 0.1, 1.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('task = "diagnosis"', 'has task = "clinical"'),
        ('kernels = ["cosine"]', "known are linear, poly, rbf"),
        ('kernels = ["rbf"]', 'kernel = "linear"; need one of kernels'),
        ('fusion = "vote"', "known are average, stacking"),
        ('negative = "covid-19"', "need two diseases"),
        ("[grid]\ncost_linear = [0.0]", "one positive number or more"),
        ("[folds]\ninner = 1", "inner = 1; need 2 or more"),
        ("depth = 3", "unknown key depth"),
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        parse_clinical_recipe(f'name = "a"\n{text}')
    path = tmp_path / "own.toml"
    path.write_text('name = "a"\ntask = "clinical"\nfusion = "vote"')
    with pytest.raises(RecipeError, match=r"own\.toml: fusion"):
        read_clinical_recipe(path)

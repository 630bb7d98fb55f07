import dataclasses

import pytest

from pleura.errors import RecipeError
from pleura.settings import TrainingRecipe, parse_recipe, read_recipe


def test_keys_left_out_take_their_defaults() -> None:
    recipe = parse_recipe('name = "a"\n[optimiser]\nlearning_rate = 1')
    assert recipe == TrainingRecipe(name="a", optimiser=dataclasses.replace(recipe.optimiser, learning_rate=1.0))
    assert recipe.optimiser.momentum == 0.9
    assert isinstance(recipe.optimiser.learning_rate, float)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name is missing"),
        ("name = 1", "name = 1; need a text"),
        ("name = [", "not TOML"),
        ('name = "a b"', 'name = "a b"'),
        ('name = "../a"', 'name = "../a"'),
        ('name = ""', 'name = ""'),
        ('name = "a"\nsize = 3', "unknown key size"),
        ('name = "a"\n[input]\nsizes = 3', "unknown key input.sizes; known are window_low"),
        ('name = "a"\ninput = 3', "input = 3; need a table"),
        ('name = "a"\n[input]\nsize = 64.0', "input.size = 64.0; need a whole number"),
        ('name = "a"\n[input]\nsize = true', "input.size = true; need a whole number"),
        ('name = "a"\n[input]\nsize = 66', "size = 66; need a multiple of 4"),
        ('name = "a"\n[input]\nslices = 6', "slices = 6"),
        ('name = "a"\n[input]\nsubsets = 0', "subsets = 0"),
        ('name = "a"\n[input]\ninterval = "fixed"', 'interval = "fixed"'),
        ('name = "a"\n[input]\ninterval = "every"', 'interval = "every" with subsets = 5'),
        ('name = "a"\n[input]\nstd = 0.0', "std = 0.0"),
        ('name = "a"\n[input]\nstd = nan', "std = nan"),
        ('name = "a"\n[input]\nwindow_low = 700', "window 700..600"),
        ('name = "a"\n[input]\nwindow_high = 40000', "window -1200..40000"),
        ('name = "a"\n[loss]\nweighting = "given"', "goes with"),
        ('name = "a"\n[loss.weights]\nhealthy = 1.0', "goes with"),
        ('name = "a"\n[loss]\nweighting = "given"\n[loss.weights]\nhealthy = -1.0', "must be positive"),
        ('name = "a"\n[loss]\nweighting = "given"\n[loss.weights]\nhealthy = "x"', "loss.weights.healthy"),
        ('name = "a"\n[loss]\nweighting = "focal"', 'weighting = "focal"'),
        ('name = "a"\n[optimiser]\nlearning_rate = 0.0', "learning_rate = 0.0"),
        ('name = "a"\n[optimiser]\nmomentum = 1.0', "momentum = 1.0"),
        ('name = "a"\n[optimiser]\nkind = "lion"', 'kind = "lion"; known are sgd, adamw'),
        ('name = "a"\n[input]\nfield = "body"', 'field = "body"; known are'),
        ('name = "a"\n[loss]\nlesions = -1.0', "lesions = -1.0; need 0 or more"),
        ('name = "a"\ntask = "age"', 'task = "age"; known are diagnosis, severity'),
        ('name = "a"\n[optimiser]\nweight_decay = -1.0', "weight_decay = -1.0"),
        ('name = "a"\n[schedule]\nepochs = 5\nwarmup_epochs = 5', "warmup_epochs = 5 of 5"),
        ('name = "a"\n[schedule]\nepochs = 0', "epochs = 0"),
        ('name = "a"\n[training]\nbatch = 1', "batch = 1"),
        ('name = "a"\n[training]\nseed = -1', "seed = -1"),
        ('name = "a"\n[training]\nbatch = 4\nmicrobatch = 5', "microbatch = 5"),
        ('name = "a"\n[training]\nprecision = "float16"', 'precision = "float16"'),
        ('name = "a"\n[augmentation]\nshift = 0.6', "shift = 0.6"),
        ('name = "a"\n[augmentation]\nnoise_hu = -1.0', "noise_hu = -1.0"),
        ('name = "a"\n[validation]\nevery = 0', "every = 0"),
        ('name = "a"\n[validation]\nkeep = "first"', 'keep = "first"'),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read the recipe .*absent\.toml"):
        read_recipe(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe4"')
    with pytest.raises(RecipeError, match=r"latin\.toml"):
        read_recipe(tmp_path / "latin.toml")
    (tmp_path / "wrong.toml").write_text("name = 3")
    with pytest.raises(RecipeError, match=r"^wrong\.toml: name = 3"):
        read_recipe(tmp_path / "wrong.toml")

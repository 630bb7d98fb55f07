"""Training a slice network: padding changes nothing, a stopped run goes on, DL2 begins with DL1, recipes hold."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pleura.data.examples import Batch
from pleura.errors import GeometryError, RecipeError
from pleura.models.files import Model
from pleura.models.predict import predict
from pleura.settings import LossSettings, OptimiserSettings, read_recipe
from pleura.training.initial import first_network
from pleura.training.loop import train
from pleura.training.objective import Objective
from pleura.training.optimiser import create_optimiser
from pleura.training.recipes import find_recipe
from pleura.training.steps import Learner, learn
from pleura.training.watcher import Silent
from training import slice_micro


@pytest.fixture(scope="module")
def dl1(micro_cohort: Path, micro_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    out = tmp_path_factory.mktemp("dl1")
    return train(slice_micro.recipe("viral"), micro_cohort, out, cache_folder=micro_cache)


def _step(batch: Batch, microbatch: int) -> tuple[dict[str, Tensor], float]:
    """Weights after one step of plain gradient descent, and the loss before it."""
    recipe = slice_micro.recipe("viral")
    network = first_network(recipe, ("a", "b"), None)
    learner = Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, OptimiserSettings(learning_rate=1.0, momentum=0.0, weight_decay=0.0)),
        objective=Objective(LossSettings(), torch.tensor([0.5, 1.5])),
        device=torch.device("cpu"),
        microbatch=microbatch,
    )
    seen = learn(learner, [batch], rate=lambda _: 1.0, seed=0, on_step=lambda: None)
    return network.state_dict(), seen.loss


def test_padding_changes_nothing_in_a_step() -> None:
    torch.manual_seed(0)
    counts = torch.tensor([12, 8, 10])
    inputs = torch.randn(3, 1, 12, 16, 16)
    batch = Batch(inputs, torch.tensor([0, 1, 1]), None, counts)
    whole, loss = _step(batch, microbatch=0)
    alone, same = _step(batch, microbatch=1)  # each case without any padding
    assert loss == pytest.approx(same, rel=1e-6)
    garbage = inputs.clone()
    garbage[1, :, 8:], garbage[2, :, 10:] = 1e3, -1e3
    other, _ = _step(batch._replace(inputs=garbage), microbatch=0)
    fresh = first_network(slice_micro.recipe("viral"), ("a", "b"), None).state_dict()
    for name, weight in whole.items():
        torch.testing.assert_close(alone[name], weight, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(other[name], weight, rtol=1e-4, atol=1e-5)
    assert not torch.equal(whole["backbone.conv1.weight"], fresh["backbone.conv1.weight"])


def test_a_model_says_what_it_tells_apart(dl1: Model) -> None:
    card = dl1.card
    assert (card.task, card.classes) == ("viral", ("not-viral", "viral"))
    assert card.training["labels"] == {"bacterial": 3, "covid-19": 3, "healthy": 3, "other-viral": 3}
    assert card.input.interval == "every"
    assert card.metrics["validation"]["cases"] == 4


def test_a_stopped_run_goes_on_to_the_same_bits(
    dl1: Model, micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    class Stop(Silent):
        def say(self, line: str) -> None:
            if line.startswith("epoch 1:"):
                raise KeyboardInterrupt

    recipe = slice_micro.recipe("viral")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, micro_cohort, tmp_path, cache_folder=micro_cache, watcher=Stop())
    assert train(recipe, micro_cohort, tmp_path, cache_folder=micro_cache, resume=True).id == dl1.id


def test_the_second_step_begins_with_the_firsts_weights(
    dl1: Model, micro_cohort: Path, micro_cache: Path, tmp_path: Path
) -> None:
    dl2 = train(slice_micro.recipe("covid"), micro_cohort, tmp_path, cache_folder=micro_cache, start_from=dl1.path)
    assert dl2.card.parent == dl1.id
    assert dl2.card.training["labels"] == {"covid-19": 3, "other-viral": 3}
    assert dl2.card.classes == ("other-viral", "covid-19")


def test_a_case_is_classified_by_all_its_slices_and_nothing_is_drawn(dl1: Model, rng: np.random.Generator) -> None:
    prepared = rng.integers(-1200, 600, (11, 16, 16)).astype(np.int16)
    one, two = (predict(dl1, prepared, seed=seed) for seed in (1, 2))
    assert one.subsets.tolist() == [list(range(11))]
    assert one.features.shape == (1, 64, 11, 1, 1)
    np.testing.assert_array_equal(one.mean, two.mean)
    more = predict(dl1, np.concatenate([prepared, prepared]), seed=0)
    assert more.subsets.tolist() == [[int(22 / 12 * (i + 0.5)) for i in range(12)]]
    with pytest.raises(GeometryError, match="7 slices show lung"):
        predict(dl1, prepared[:7], seed=0)
    with pytest.raises(ValueError, match='3 subsets with interval = "every"'):
        predict(dl1, prepared, seed=0, count=3)


def test_a_compiled_backend_takes_cases_of_any_length(dl1: Model, rng: np.random.Generator) -> None:
    for count in (9, 12, 20):
        prepared = rng.integers(-1200, 600, (count, 16, 16)).astype(np.int16)
        ours, theirs = (predict(dl1, prepared, seed=0, backend=backend) for backend in ("torch", "openvino"))
        assert ours.features.shape == theirs.features.shape
        np.testing.assert_allclose(ours.mean, theirs.mean, atol=1e-4)


def test_weights_from_two_places_are_refused(dl1: Model, micro_cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="give one of the two"):
        train(
            slice_micro.recipe("covid"),
            micro_cohort,
            tmp_path,
            start_from=dl1.path,
            pretrained=tmp_path / "x.safetensors",
        )


@pytest.mark.parametrize("name", ["dl1-synthetic", "dl2-synthetic"])
def test_the_narrow_recipe_takes_a_step(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    network = first_network(recipe, ("a", "b"), None)
    assert sum(parameter.numel() for parameter in network.parameters()) < 6_000_000  # at most 12 MB in float16
    inputs = torch.randn(2, 1, 8, recipe.input.size, recipe.input.size)
    learner = Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, recipe.optimiser),
        objective=Objective(recipe.loss, torch.ones(2)),
        device=torch.device("cpu"),
        precision=recipe.training.precision,
    )
    batch = Batch(inputs, torch.tensor([0, 1]), None, torch.tensor([8, 8]))
    assert np.isfinite(learn(learner, [batch], rate=lambda _: 1e-3, seed=0, on_step=lambda: None).loss)


def test_the_full_recipes_take_a_step_on_a_tiny_input() -> None:
    first, second = (read_recipe(find_recipe(name)) for name in ("dl1", "dl2"))
    assert (first.architecture, first.input.slices, first.input.size) == ("resnext-gru", 64, 256)
    assert (first.arguments["depth"], first.arguments["groups"], first.arguments["group_width"]) == (50, 32, 4)
    assert (first.loss.lesions, first.input.subsets, first.training.microbatch, first.arguments["chunk"]) == (
        0,
        1,
        1,
        8,
    )
    assert {**vars(first), "name": "", "task": ""} == {**vars(second), "name": "", "task": ""}
    network = first_network(first, ("not-viral", "viral"), None)
    learner = Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, first.optimiser),
        objective=Objective(first.loss, torch.ones(2)),
        device=torch.device("cpu"),
        microbatch=1,
    )
    before = network.backbone.conv1.weight.detach().clone()
    batch = Batch(torch.randn(2, 1, 3, 32, 32), torch.tensor([0, 1]), None, torch.tensor([3, 2]))
    assert np.isfinite(learn(learner, [batch], rate=lambda _: 1e-3, seed=0, on_step=lambda: None).loss)
    assert not torch.equal(before, network.backbone.conv1.weight)
    assert all(parameter.grad is not None for parameter in network.parameters())

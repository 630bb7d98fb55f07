"""Local training: against pooled training where the two must agree, and against its own word elsewhere."""

import numpy as np
import pytest
import torch
from torch import optim

from federation.tiny import Drawn, Line, noise
from pleura.data.examples import Batch
from pleura.errors import RecipeError
from pleura.federation.learning.local import hospital_seed, round_rate, train_locally
from pleura.federation.learning.settings import LocalSettings, StrategySettings
from pleura.federation.learning.strategies import create_strategy
from pleura.federation.learning.tensors import read_tensors, travelling, write_tensors
from pleura.federation.learning.update import mean_update, pack_update
from pleura.settings import LossSettings, OptimiserSettings, ScheduleSettings, TrainingRecipe
from pleura.training.objective import Objective, Proximal
from pleura.training.optimiser import create_optimiser
from pleura.training.schedule import learning_rate
from pleura.training.steps import Learner, learn

RECIPE = TrainingRecipe(
    name="line",
    loss=LossSettings(weighting="equal"),
    optimiser=OptimiserSettings(learning_rate=0.5, momentum=0.0, weight_decay=0.0),
    schedule=ScheduleSettings(epochs=4, warmup_epochs=0),
)


def learner(network: Line, *, proximal: Proximal | None = None, recipe: TrainingRecipe = RECIPE) -> Learner:
    return Learner(
        network=network,
        trained=network,
        optimiser=create_optimiser(network, recipe.optimiser),
        objective=Objective(recipe.loss, torch.ones(3), proximal),
        device=torch.device("cpu"),
    )


def start() -> Line:
    torch.manual_seed(3)
    return Line()


def test_one_full_batch_step_in_each_hospital_weighed_by_cases_is_one_pooled_step() -> None:
    batches = [noise(cases, seed=cases) for cases in (3, 8, 21)]
    tensors = travelling(start())
    begun = read_tensors(start(), tensors)
    limits = dict.fromkeys(begun, 4.0)
    packed = []
    for batch in batches:
        network = start()
        learn(learner(network), [batch], rate=lambda _: 0.5, seed=0, on_step=lambda: None)
        after = read_tensors(network, tensors)
        update = {name: after[name] - array for name, array in begun.items()}
        values, cut = pack_update(update, len(batch.labels), limits=limits, reach=32)
        assert cut == 0
        packed.append(values)
    summed = {name: sum(values[name] for values in packed) for name in packed[0]}
    mean = mean_update(summed, int(summed["weight"][0]), tensors, limits=limits, reach=32)
    federated, _ = create_strategy(StrategySettings()).step(tensors, begun, mean, {})

    pooled = start()
    whole = Batch(torch.cat([b.inputs for b in batches]), torch.cat([b.labels for b in batches]), None)
    optimiser = optim.SGD(pooled.parameters(), lr=0.5)
    torch.nn.functional.cross_entropy(pooled(whole.inputs), whole.labels).backward()
    optimiser.step()
    for name, array in read_tensors(pooled, tensors).items():
        assert np.abs(array - begun[name]).max() > 1e-3
        np.testing.assert_allclose(federated[name], array, atol=2e-6)


def test_the_proximal_term_and_its_pull_by_hand() -> None:
    network = start()
    anchor = {name: weight.detach() - 0.5 for name, weight in network.named_parameters()}
    term = Proximal(0.2, anchor)(network)
    assert term.item() == pytest.approx(0.2 / 2 * 15 * 0.25)  # 12 weights and 3 biases, each 0.5 away
    term.backward()
    assert network.line.weight.grad is not None
    torch.testing.assert_close(network.line.weight.grad, torch.full((3, 4), 0.1))


def test_a_step_of_fedprox_is_a_step_with_the_pull_added_to_the_gradient() -> None:
    batch, mu = noise(6, seed=1), 0.7
    plain, near = start(), start()
    anchor = {name: weight.detach().clone() for name, weight in near.named_parameters()}
    for network, proximal in ((plain, None), (near, Proximal(mu, anchor))):
        learn(learner(network, proximal=proximal), [batch] * 2, rate=lambda _: 0.5, seed=0, on_step=lambda: None)
    # w1 = w0 - r g(w0) in both; then w2 = w1 - r g(w1), and with the pull also - r mu (w1 - w0).
    once = start()
    learn(learner(once), [batch], rate=lambda _: 0.5, seed=0, on_step=lambda: None)
    pull = 0.5 * mu * (once.line.weight - anchor["line.weight"])
    torch.testing.assert_close(near.line.weight, plain.line.weight - pull)


def test_microbatches_share_the_proximal_term() -> None:
    batch = noise(6, seed=1)
    found = []
    for part in (0, 2, 4):
        network = start()
        anchor = {name: weight.detach() + 1 for name, weight in network.named_parameters()}
        made = learner(network, proximal=Proximal(0.3, anchor))
        parted = Learner(**{**made.__dict__, "microbatch": part})
        learn(parted, [batch], rate=lambda _: 0.5, seed=0, on_step=lambda: None)
        found.append(network.line.weight.detach().clone())
    torch.testing.assert_close(found[1], found[0])
    torch.testing.assert_close(found[2], found[0])


def _train(settings: LocalSettings, *, round_number: int = 0, **more: object) -> tuple[Line, Drawn, int]:
    network, drawn, steps = start(), Drawn(), []
    train_locally(
        learner(network),
        drawn,  # type: ignore[arg-type]
        RECIPE,
        settings,
        round_number=round_number,
        rounds=4,
        on_step=lambda: steps.append(1),
        **more,  # type: ignore[arg-type]
    )
    return network, drawn, len(steps)


@pytest.mark.parametrize(
    ("unit", "amount", "steps", "passes"),
    [("epochs", 1, 3, 1), ("epochs", 2, 6, 2), ("steps", 2, 2, 1), ("steps", 3, 3, 1), ("steps", 7, 7, 3)],
)
def test_a_round_is_as_long_as_it_should_be(unit: str, amount: float, steps: int, passes: int) -> None:
    _, drawn, done = _train(LocalSettings(unit=unit, amount=amount))
    assert done == steps
    assert len(drawn.epochs) == passes


def test_a_time_budget_ends_with_the_first_step_after_it() -> None:
    ticks = iter(float(second) for second in range(100))  # a second a look: at the start, and after each step
    _, _, done = _train(LocalSettings(unit="seconds", amount=4.5), clock=lambda: next(ticks))
    assert done == 5


@pytest.mark.parametrize(("most", "steps"), [(1.0, 3), (1.5, 4), (2.0, 6), (0.1, 1)])
def test_a_time_budget_ends_with_the_most_epochs(most: float, steps: int) -> None:
    _, _, done = _train(LocalSettings(unit="seconds", amount=100), clock=lambda: 0.0, most_epochs=most)
    assert done == steps


def test_rounds_draw_other_examples_and_the_same_round_the_same() -> None:
    settings = LocalSettings()
    first, drawn, _ = _train(settings)
    again, _, _ = _train(settings)
    other, later, _ = _train(settings, round_number=1)
    assert torch.equal(first.line.weight, again.line.weight)
    assert not torch.equal(first.line.weight, other.line.weight)
    assert not set(drawn.epochs) & set(later.epochs)


def test_the_schedule_over_the_rounds_is_the_recipe_s() -> None:
    recipe = TrainingRecipe(name="r", schedule=ScheduleSettings(epochs=10, warmup_epochs=2))
    rates = [round_rate(s, 3, round_number=r, rounds=10, recipe=recipe) for r in range(10) for s in range(3)]
    peak = recipe.optimiser.learning_rate
    expected = [learning_rate(n, steps_per_epoch=3, peak=peak, settings=recipe.schedule) for n in range(30)]
    assert rates == expected
    half = [round_rate(s, 3, round_number=r, rounds=5, recipe=recipe) for r in range(5) for s in range(3)]
    assert half[2] == max(half) == peak  # one round of warm-up
    hospital = [round_rate(s, 7, round_number=1, rounds=5, recipe=recipe) for s in range(7)]
    assert hospital[0] == half[3]  # hospitals of other sizes begin a round at the same rate


def test_a_loss_that_is_not_finite_is_refused() -> None:
    network = start()
    with torch.no_grad():
        network.line.weight.fill_(float("inf"))
    with pytest.raises(RecipeError, match=r"lower optimiser\.learning_rate"):
        train_locally(
            learner(network),
            Drawn(),  # type: ignore[arg-type]
            RECIPE,
            LocalSettings(),
            round_number=2,
            rounds=4,
            on_step=lambda: None,
        )


def test_hospitals_have_seeds_of_their_own() -> None:
    seeds = {hospital_seed(seed, name) for seed in (0, 1) for name in ("east", "west")}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert hospital_seed(0, "east") == hospital_seed(0, "east")


def test_writing_the_start_again_undoes_training() -> None:
    network, _, _ = _train(LocalSettings())
    tensors = travelling(network)
    write_tensors(network, read_tensors(start(), tensors))
    assert torch.equal(network.line.weight, start().line.weight)

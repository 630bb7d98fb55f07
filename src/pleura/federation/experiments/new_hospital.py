"""Experiment II of the UCADI paper: a fourth hospital joins three in; what it gains, and what they lose, out."""

from functools import partial
from pathlib import Path

from pleura.data.cohort import Cohort, read_cohort
from pleura.errors import CohortError
from pleura.evaluation.predictions import Predictions
from pleura.federation.experiments.arms import Arm, Facts
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.held_out import Row, judged_rows
from pleura.federation.experiments.joining import ALONE, THREE, TOGETHER, WAYS, WITHOUT, Joining, write_joining
from pleura.federation.experiments.opening import Experiment, open_experiment
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.site_table import NEWCOMER, newcomer, three_hospitals
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.alone import train_alone
from pleura.federation.learning.state import GlobalState
from pleura.models.files import load_model
from pleura.settings import TrainingRecipe

__all__ = ["new_hospital"]

BEFORE = "before"


def new_hospital(
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: TrainingRecipe,
    conditions: Conditions = Conditions(),
    joining: str = NEWCOMER,
) -> tuple[Row, ...]:
    """Train three hospitals together, let a fourth join, and judge the model after each further round.

    From the model of the first three go on: all four together; the fourth alone on its own cases; and, to tell the
    newcomer's part from that of the further rounds, the first three without it. `out` gets what `pooled_vs_federated`
    writes; a row of results.csv is of an arm, a seed, a round after joining (0 is the model of the three) and a group
    of cases.

    Parameters
    ----------
    settings, recipe : what decides it; the recipe's seed is not used
    out, conditions : as in `pooled_vs_federated`; a cohort has four hospitals or more
    joining : the hospital that comes last; of a synthetic cohort always the one that is made for it

    Returns
    -------
    The rows of results.csv.

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError, TermsError
        As `open_experiment` and `simulate`; or if the joining hospital is not there, or has no test case of the class
        that is asked for.
    """
    only = "" if settings.newcomer == "all" else settings.newcomer
    if conditions.cohort is not None:
        _joining(read_cohort(conditions.cohort, classes=()), joining, only)  # refuses before anything is written
    experiment = open_experiment(
        "new-hospital",
        settings,
        out,
        recipe=recipe,
        hospitals=(*three_hospitals(settings.cases), newcomer(settings.cases, only=only)),
        conditions=conditions,
        more={"joining": joining},
    )
    joined = _joining(experiment.cohort, joining, only)
    rows: list[Row] = []
    answers: dict[tuple[str, int], list[Predictions]] = {}
    for seed in experiment.each_seed():
        judged: dict[str, tuple[Row, ...]] = {}
        for (way, number), arm in _one_seed(experiment, joined, seed).items():
            answers.setdefault((way, number), []).append(arm.predictions)
            if arm.name not in judged:  # the first is the same for all ways
                three = {**judged_rows(way, joined.first(arm.predictions))[0], "judged_on": THREE}
                judged[arm.name] = (*judged_rows(way, arm.predictions), three)
            rows += [{"seed": seed, "round": number, **row, "arm": way} for row in judged[arm.name]]
    write_joining(experiment, joined, rows, answers)
    return tuple(rows)


def _joining(cohort: Cohort, name: str, only: str) -> Joining:
    """Say who joins whom; refuse a hospital that has nothing to be judged on."""
    label = only or "covid-19"
    if not any(case.label == label for case in cohort.of_hospitals([name]).split("test")):
        raise CohortError(f"hospital {name} has no test case of {label}, whose sensitivity is asked for")
    return Joining(name, label, tuple(sorted({case.hospital for case in cohort.cases} - {name})))


def _one_seed(experiment: Experiment, joined: Joining, seed: int) -> dict[tuple[str, int], Arm[Predictions]]:
    """Run one seed's arms; give them by way and round, round 0, which all ways begin with, in each."""
    shop = experiment.workshop(seed)
    before, after = experiment.federation(), experiment.federation(rounds=experiment.settings.joined)
    arms = shop.arms(before, after)

    def three() -> tuple[Predictions, Facts]:
        return shop.judge(shop.federate(BEFORE, before, hospitals=joined.others).models[0]), {}

    def judge(way: str, state: GlobalState) -> None:
        if state.round > 0:  # the first is the model of the three
            arms.get(_arm(way, state.round), lambda: (shop.judge(state), {}))

    begun = arms.get(BEFORE, three)
    parent = shop.out / BEFORE / shop.recipe.name
    for way in WAYS:
        if all(arms.kept(_arm(way, number)) is not None for number in range(1, after.rounds + 1)):
            continue
        if way == ALONE:
            start = Agreement(shop.recipe, after).begin(load_model(parent))
            hospital = shop.hospital(joined.name)
            train_alone(hospital, start, after, watcher=shop.watcher, on_state=partial(judge, way))
        else:
            members = {TOGETHER: None, WITHOUT: joined.others}[way]
            folder = way.replace(" ", "-")
            shop.federate(folder, after, hospitals=members, start_from=parent, on_state=partial(judge, way))
    found = {(way, 0): begun for way in WAYS}
    for way in WAYS:
        for number in range(1, after.rounds + 1):
            arm = arms.kept(_arm(way, number))
            assert arm is not None, f"{way}, round {number}, was judged"
            found[way, number] = arm
    return found


def _arm(way: str, number: int) -> str:
    return f"{way} round {number:02d}"

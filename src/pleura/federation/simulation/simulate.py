"""A recipe and a cohort of several hospitals in; the model that they train together, round by round, out.

All hospitals and the server are in this process, with the code of a real federation: only the bytes between them do
not travel.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from pleura.data.cohort import Cohort, read_cohort
from pleura.errors import OutputError, WrongSumError
from pleura.evaluation.figures.style import save_figure
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import (
    Contribution,
    Home,
    evaluate_round,
    own_network,
    prepare_hospital,
    work_round,
)
from pleura.federation.learning.lesson import AnyModel, Hospital, Judgement, Lesson, Recipe
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.secure_sum.ciphers.keyring import Keyring
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.sums import Opened
from pleura.federation.secure_sum.terms import Backend, RoundTerms
from pleura.federation.simulation.exchange import Exchange, make_keyrings
from pleura.federation.simulation.progress import PROGRESS, Progress, commit, read_progress, restore
from pleura.federation.simulation.results import Row, as_written, federated_card, rounds_figure, write_model
from pleura.models.toml_write import to_toml
from pleura.training.watcher import Silent, Watcher
from pleura.whole_file import write_rows, write_text

__all__ = ["Simulated", "simulate"]

TABLE = "rounds.csv"


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a simulated federation came to."""

    models: tuple[AnyModel, ...]
    """The global model; under FedBN one a hospital, by their names."""
    rows: tuple[Row, ...]
    """Lines of rounds.csv; the last judges the model as written."""
    pooled: Judgement
    """How good the model as written is, on all hospitals' validation cases together."""
    digest: str
    """SHA-256 of what every hospital held at the end."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Federation:
    """What stays the same from round to round."""

    agreement: Agreement
    synthetic: bool
    parent: AnyModel | None
    hospitals: tuple[Hospital, ...]
    members: tuple[str, ...]
    keyrings: Sequence[Keyring | None]
    watcher: Watcher

    def terms(self, layout: Layout, number: int) -> RoundTerms:
        protection = self.agreement.settings.protection
        return RoundTerms(
            federation=self.agreement.settings.name,
            round=number,
            attempt=0,
            members=self.members,
            most_hospitals=max(protection.most_hospitals, len(self.members)),
            layout=layout,
            backend=cast("Backend", protection.backend),
            values_per_coefficient=3 if protection.values_per_coefficient == 3 else 4,
            descriptor=bytes.fromhex(self.agreement.digest),
        )


def simulate(
    recipe: Recipe,
    cohort: Path | Cohort,
    out: Path,
    settings: FederationSettings,
    *,
    device: str = "cpu",
    resume: bool = False,
    start_from: str | Path | None = None,
    cache_folder: Path | None = None,
    workers: int = 1,
    watcher: Watcher | None = None,
    on_state: Callable[[GlobalState], object] | None = None,
) -> Simulated:
    """Train a model in a federation of the cohort's hospitals, all of them in this process.

    `out` gets `recipe.toml`, `federation.toml`, `rounds.csv`, `rounds.png`, the last committed round (from which a run
    that was stopped goes on), and at the end the model's folder, which bears the recipe's name; under FedBN one a
    hospital. On the CPU the same call gives the same model, whatever the protection, and so does a run that is stopped
    and resumed, on the same machine with the same number of threads; but for local work that is measured in seconds.

    Parameters
    ----------
    recipe : how a hospital trains; its epochs are stretched over the rounds
    cohort : folder with `cases.csv` and `cohort.toml`, or a cohort as read; three hospitals or more. One that has no
        training case of the recipe's task takes no part
    out : folder for the results; made if it is not there
    settings : the federation's
    device, start_from, cache_folder, workers : as for `pleura.training.loop.train`
    resume : go on from the last committed round in `out`
    watcher : told of progress
    on_state : given each global model, from the first to the last, before it is committed; a run that was stopped in
        between gives it again when it goes on

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the cohort, the recipe, the first weights or the output folder cannot be used.
    TermsError
        If there are too few hospitals, or too many.
    """
    watcher = watcher or Silent()
    federation = _found(recipe, cohort, settings, device, start_from, cache_folder, workers, watcher)
    run = _run_name(federation)
    if resume:
        progress = read_progress(out, run)
        state, homes = restore(progress, len(federation.hospitals), out)
        watcher.say(f"resumed after round {progress.rounds} of {settings.rounds}")
    else:
        _prepare_output(out, recipe, settings)
        progress = Progress(run=run)
        state, homes = federation.agreement.begin(federation.parent), [{} for _ in federation.hospitals]
        if on_state is not None:
            on_state(state)
        commit(progress, state, homes, out)
    while state.round < settings.rounds:
        row, state, homes = _round(federation, state, homes)
        if on_state is not None:
            on_state(state)
        progress.rows.append(row)
        commit(progress, state, homes, out)
        write_rows(out / TABLE, progress.rows)
        watcher.say(_in_words(federation, row))
    row, pooled = _judge(federation, state, homes)
    rows = (*progress.rows, row)
    write_rows(out / TABLE, rows)
    kind = "synthetic" if federation.synthetic else "real"
    title = f"Simulated federation of {len(federation.hospitals)} hospitals: {row['cases']} {kind} validation cases"
    save_figure(rounds_figure(rows, federation.agreement.lesson.panels, title=title), out, "rounds")
    watcher.say(_in_words(federation, row))
    return Simulated(_write(federation, state, homes, pooled, out), rows, pooled, state.digest)


def _found(
    recipe: Recipe,
    cohort: Path | Cohort,
    settings: FederationSettings,
    device: str,
    start_from: str | Path | None,
    cache_folder: Path | None,
    workers: int,
    watcher: Watcher,
) -> _Federation:
    """Check everything, make the hospitals' cases ready and their keys; the parameters are those of `simulate`."""
    agreement = Agreement(recipe, settings)
    whole, names = _who_trains(
        agreement.lesson, cohort if isinstance(cohort, Cohort) else read_cohort(cohort, classes=()), watcher
    )
    parent = None if start_from is None else agreement.lesson.load(start_from)
    agreement.begin(parent)  # refuses a parent of another architecture before any work
    members, keyrings = make_keyrings(settings.name, names, cast("Backend", settings.protection.backend))
    federation = _Federation(
        agreement=agreement,
        synthetic=whole.synthetic,
        parent=parent,
        hospitals=(),
        members=members,
        keyrings=keyrings,
        watcher=watcher,
    )
    federation.terms(Layout(()), 0)  # refuses too few hospitals, or too many, before any work
    hospitals = tuple(
        prepare_hospital(
            name,
            recipe,
            whole.of_hospitals([name]),
            device=device,
            cache_folder=cache_folder,
            workers=workers,
            watcher=watcher,
        )
        for name in names
    )
    return replace(federation, hospitals=hospitals)


def _who_trains(lesson: Lesson, cohort: Cohort, watcher: Watcher) -> tuple[Cohort, list[str]]:
    """Give the cases that count, and the hospitals that have some to train on; the others sit out, which is said."""
    whole = lesson.select(cohort)
    names = sorted({case.hospital for case in whole.split("train")})
    idle = sorted({case.hospital for case in cohort.cases} - set(names))
    if idle:
        watcher.say(f"{', '.join(idle)}: no training case of {', '.join(lesson.classes)}; takes no part")
    return whole, names


def _round(federation: _Federation, state: GlobalState, homes: Sequence[Home]) -> tuple[Row, GlobalState, list[Home]]:
    """Run one round; give its row, the next global model, and what stays in the hospitals."""
    agreement = federation.agreement
    exchange = Exchange(federation.terms(agreement.layout, state.round), federation.keyrings)
    following_homes: list[Home] = []
    seconds: dict[str, float] = {}
    for place, hospital in enumerate(federation.hospitals):
        done = work_round(hospital, state, agreement, homes[place], watcher=federation.watcher)
        exchange.upload(place, done.values)
        following_homes.append(done.home)
        _slowest(seconds, done)
    exchange.close()
    following: GlobalState | None = None
    for place, hospital in enumerate(federation.hospitals):
        opened = exchange.open(place)
        own = agreement.advance(state, opened)
        if following is not None and own.digest != following.digest:
            raise WrongSumError(
                f"after round {state.round} hospital {hospital.name} holds model {own.digest[:16]}, the hospitals "
                f"before it {following.digest[:16]}; they must be one: run the round again"
            )
        following = own
    assert following is not None
    cut = int(opened.counts["cut"].sum()) / (opened.hospitals * max(1, sum(one.size for one in agreement.shared)))
    row = _row(federation, state, opened, exchange, seconds) | {"cut_share": round(cut, 8), "model": following.digest}
    return row, following, following_homes


def _judge(federation: _Federation, state: GlobalState, homes: Sequence[Home]) -> tuple[Row, Judgement]:
    """Judge the model as it is written; give the last row, and the same in full."""
    agreement = federation.agreement
    written = replace(state, tensors=as_written(state.tensors, half=agreement.recipe.half))
    exchange = Exchange(federation.terms(agreement.evaluation_layout, state.round), federation.keyrings)
    seconds: dict[str, float] = {}
    for place, hospital in enumerate(federation.hospitals):
        done = evaluate_round(hospital, written, agreement, homes[place], watcher=federation.watcher)
        exchange.upload(place, done.values)
        _slowest(seconds, done)
    exchange.close()
    opened = exchange.open(0)
    return _row(federation, state, opened, exchange, seconds), agreement.pool(opened)


def _row(
    federation: _Federation, state: GlobalState, opened: Opened, exchange: Exchange, seconds: dict[str, float]
) -> Row:
    """Say how good the model is that the round began with, and what the round cost."""
    row: Row = {"round": state.round, "hospitals": opened.hospitals, **federation.agreement.pool(opened).row()}
    row |= {"bytes_up": exchange.bytes_up, "bytes_down": exchange.bytes_down}
    return row | {f"seconds_{part}": round(time, 3) for part, time in (seconds | exchange.seconds).items()}


def _slowest(seconds: dict[str, float], done: Contribution) -> None:
    """Keep the time of the slowest hospital by part: in a real federation they work side by side."""
    for part, time in done.seconds.items():
        seconds[part] = max(seconds.get(part, 0.0), time)


def _write(
    federation: _Federation, state: GlobalState, homes: Sequence[Home], pooled: Judgement, out: Path
) -> tuple[AnyModel, ...]:
    """Write the model; where each hospital has its own, one a hospital."""
    agreement, recipe = federation.agreement, federation.agreement.recipe
    card = federated_card(
        agreement.lesson,
        agreement.settings,
        state,
        pooled.row(),
        hospitals=len(federation.hospitals),
        synthetic=federation.synthetic,
        simulated=True,
        parent=federation.parent,
    )
    models = []
    own = len(agreement.shared) < len(state.tensors)
    for hospital, home in zip(federation.hospitals, homes, strict=True):
        trained = own_network(hospital, state, home)
        name = f"{recipe.name}-{_plain(hospital.name)}" if own else recipe.name
        models.append(write_model(agreement.lesson, trained, replace(card, name=name), out / name))
        federation.watcher.say(f"model {name} {models[-1].id[:12]} written to {out / name}")
        if not own:
            break
    return tuple(models)


def _plain(name: str) -> str:
    """Make a hospital's name fit for a folder; what would not is told by a hash of it."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
    return kept if kept == name else f"{kept}-{sha256(name.encode()).hexdigest()[:8]}"


def _run_name(federation: _Federation) -> str:
    decisive = [
        federation.agreement.digest,
        [[hospital.name, *hospital.decisive] for hospital in federation.hospitals],
        "" if federation.parent is None else federation.parent.id,
    ]
    return sha256(json.dumps(decisive).encode()).hexdigest()


def _prepare_output(out: Path, recipe: Recipe, settings: FederationSettings) -> None:
    if (out / PROGRESS).exists():
        raise OutputError(f"{out} has rounds of an earlier run; add --resume to go on, or choose another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror or error}") from error
    write_text(out / "recipe.toml", to_toml(asdict(recipe)))
    write_text(out / "federation.toml", to_toml(asdict(settings)))


def _in_words(federation: _Federation, row: Row) -> str:
    said = ", ".join(filter(None, [f"{row['hospitals']} hospitals", federation.agreement.lesson.in_words(row)]))
    sent, trained = int(row["bytes_up"]) / 1e6, float(row.get("seconds_train", 0))
    return f"round {row['round']}: {said}; {sent:.2f} MB up, {trained:.1f} s of training"

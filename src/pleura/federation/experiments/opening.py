"""Settings, a recipe and an output folder in; the cohort drawn or read, and all that the arms share, out."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pleura.data.cohort import SPLITS, Cohort, read_cohort
from pleura.data.synthetic.cohort import synthesize_cohort
from pleura.data.synthetic.hospitals import SyntheticHospital
from pleura.errors import OutputError, RecipeError
from pleura.federation.experiments.conditions import Conditions
from pleura.federation.experiments.settings import ExperimentSettings
from pleura.federation.experiments.workshop import Workshop
from pleura.federation.learning.lesson import Recipe
from pleura.federation.learning.lessons.find import find_lesson
from pleura.federation.learning.settings import FederationSettings, LocalSettings, ProtectionSettings
from pleura.models.device import choose_device
from pleura.models.toml_write import to_toml
from pleura.settings import TrainingRecipe
from pleura.training.watcher import Watcher
from pleura.whole_file import write_text

__all__ = ["SETTINGS", "Experiment", "open_experiment"]

SETTINGS = "settings.toml"
_DEFAULTS = tomllib.loads(to_toml(asdict(ExperimentSettings())))


@dataclass(frozen=True, eq=False, kw_only=True)
class Experiment:
    """An experiment that can begin, or go on; made by `open_experiment`."""

    name: str
    settings: ExperimentSettings
    recipe: Recipe
    cohort: Cohort
    out: Path
    cache: Path
    """Folder of the prepared slices, which all arms share."""
    device: str
    workers: int
    watcher: Watcher

    @property
    def hospitals(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted({case.hospital for case in self.cohort.cases}))

    @property
    def kind(self) -> str:
        """What the cases are, in a word."""
        return "synthetic" if self.cohort.synthetic else "real"

    def workshop(self, seed: int) -> Workshop:
        """Give the arms of one training seed a folder, and all that they share; of a classifier only."""
        recipe = self.recipe
        if not isinstance(recipe, TrainingRecipe):
            raise TypeError(f"need a classifier's recipe, got {type(recipe).__name__}")
        return Workshop(
            recipe=replace(recipe, training=replace(recipe.training, seed=seed)),
            cohort=self.cohort,
            out=self.folder(seed),
            cache_folder=self.cache,
            workers=self.workers,
            device=self.device,
            watcher=self.watcher,
            precision=self.recipe.training.precision,
        )

    def folder(self, seed: int) -> Path:
        """Folder of one seed's arms."""
        return self.out / "seeds" / str(seed)

    def each_seed(self) -> Iterator[int]:
        """Go through the seeds, and say so."""
        for seed in range(self.settings.seeds):
            self.watcher.say(f"training seed {seed}, the last is {self.settings.seeds - 1}")
            yield seed

    def federation(
        self, *, rounds: int | None = None, local_epochs: int = 1, protection: ProtectionSettings | None = None
    ) -> FederationSettings:
        """Give the federation's settings: the paper's equal weights, one local epoch a round if nothing else is said.

        Parameters
        ----------
        rounds : those of the settings by default
        local_epochs : between two rounds
        protection : the settings' by default
        """
        return FederationSettings(
            name=self.name,
            rounds=self.settings.rounds if rounds is None else rounds,
            local=LocalSettings(amount=local_epochs),
            protection=protection or ProtectionSettings(backend=self.settings.protection),
        )

    def sizes(self) -> str:
        """Say how many cases each hospital has for what, and of which classes the training cases are."""
        parts = []
        for name in self.hospitals:
            cases = self.cohort.of_hospitals([name])
            counts = " / ".join(str(len(cases.split(split))) for split in SPLITS)
            labels = ", ".join(f"{label} {count}" for label, count in cases.counts("label", "train").items())
            parts.append(f"{name} {counts} ({labels})")
        return "; ".join(parts)


def open_experiment(
    name: str,
    settings: ExperimentSettings,
    out: Path,
    *,
    recipe: Recipe,
    hospitals: Sequence[SyntheticHospital],
    conditions: Conditions,
    more: Mapping[str, str] | None = None,
) -> Experiment:
    """Check what can be checked, write the settings, and draw the patients or read those that are given.

    Parameters
    ----------
    name : of the experiment
    settings, recipe : what decides it
    out : a new or empty folder, or one in which the same experiment was begun and is to go on
    hospitals : whose patients are drawn, into `out/cohort`, unless the conditions name a cohort
    conditions : where and with what. Going on takes the same settings; seeds may be more or fewer
    more : what else decides it, by name

    Raises
    ------
    CohortError, RecipeError, ModelError, OutputError
        If the folder, the cohort, the device or the recipe cannot be used, or `out` is of another experiment.
    """
    choose_device(conditions.device)
    given = None if conditions.cohort is None else read_cohort(conditions.cohort, classes=())
    about: dict[str, object] = {"experiment": name, "device": conditions.device, "recipe": recipe.name, **(more or {})}
    if given is not None:
        about["cohort"] = f"{given.name}, {given.generator or 'no generator'}, seed {given.seed}"
    _begin(out, to_toml({**about, "settings": asdict(settings)}), to_toml(asdict(recipe)), conditions.resume)
    if given is None:
        drawn = out / "cohort"
        if not drawn.exists():
            _draw(drawn, settings, hospitals, conditions)
        given = read_cohort(drawn, classes=())
    return Experiment(
        name=name,
        settings=settings,
        recipe=recipe,
        cohort=find_lesson(recipe).select(given),
        out=out,
        cache=conditions.cache_folder or out / "cache",
        device=conditions.device,
        workers=conditions.workers,
        watcher=conditions.watcher,
    )


def _begin(out: Path, settings: str, recipe: str, resume: bool) -> None:
    written = {out / SETTINGS: settings, out / "recipe.toml": recipe}
    if (out / SETTINGS).is_file():
        if not resume:
            raise OutputError(
                f"{out} has an experiment that was begun; add --resume to go on, or choose another folder"
            )
        for path, text in written.items():
            if not path.is_file() or _without_seeds(path.read_text(encoding="utf-8")) != _without_seeds(text):
                raise RecipeError(
                    f"{path} is not what this call asks for; give the same options to go on, or choose another folder"
                )
        write_text(out / SETTINGS, settings)
        return
    if resume:
        raise RecipeError(f"nothing to resume: no {SETTINGS} in {out}; start without --resume")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} already holds something; name a new folder, or empty this one")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {out}: {error.strerror or error}; check the folder") from error
    for path, text in reversed(written.items()):
        write_text(path, text)


def _without_seeds(text: str) -> dict[str, object]:
    """Read settings, but for the number of seeds: more may follow, and the arms of fewer can be summed up.

    A field that did not exist when they were written has its default, which changes nothing.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    if "settings" in read:
        read["settings"] = {**_DEFAULTS, **read["settings"]}
        del read["settings"]["seeds"]
    return read


def _draw(
    out: Path, settings: ExperimentSettings, hospitals: Sequence[SyntheticHospital], conditions: Conditions
) -> None:
    shown = 0

    def show(done: int, _: int) -> None:
        nonlocal shown
        for _ in range(done - shown):
            conditions.watcher.advance()
        shown = done

    train, validation, test = settings.splits
    conditions.watcher.start("drawing patients", sum(hospital.patients for hospital in hospitals))
    synthesize_cohort(
        out,
        hospitals=hospitals,
        seed=settings.cohort_seed,
        size=settings.size,
        format="nifti",
        splits=(train, validation, test),
        workers=conditions.workers,
        progress=show,
    )

"""A recipe, a cohort and a folder in; hospitals, federations and judgements that share prepared slices out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pleura.data.cache import default_cache_folder
from pleura.data.cohort import Cohort
from pleura.evaluation.predictions import Predictions, read_predictions, write_predictions
from pleura.federation.experiments.arms import Arms, Facts
from pleura.federation.experiments.held_out import HeldOut, prepare_held_out
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import own_network
from pleura.federation.learning.lesson import AnyModel, bare
from pleura.federation.learning.lessons.classifying import Classifying, ClassifyingHospital
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import GlobalState
from pleura.federation.simulation.progress import PROGRESS
from pleura.federation.simulation.results import as_written, write_model
from pleura.federation.simulation.simulate import Simulated, simulate
from pleura.models.classifier import Classifier
from pleura.models.device import choose_device
from pleura.models.files import Model, load_model
from pleura.settings import TrainingRecipe
from pleura.training.description import training_card
from pleura.training.watcher import Watcher

__all__ = ["Workshop", "wire"]


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the arms of one training seed share."""

    recipe: TrainingRecipe
    """With its seed."""
    cohort: Cohort
    """Of several hospitals, with test cases; only cases that the recipe's task arises for."""
    out: Path
    cache_folder: Path | None
    """For prepared slices; the user's cache folder if None."""
    workers: int
    device: str
    watcher: Watcher
    precision: str = "float32"
    """In which models are judged."""

    @property
    def hospitals(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted({case.hospital for case in self.cohort.cases}))

    @cached_property
    def held_out(self) -> HeldOut:
        """The test cases of all hospitals."""
        return prepare_held_out(
            self.recipe, self.cohort, cache_folder=self.cache_folder, workers=self.workers, watcher=self.watcher
        )

    @cached_property
    def everyone(self) -> ClassifyingHospital:
        """The cases of all hospitals as those of one."""
        return self._prepare("pooled", self.cohort)

    def hospital(self, name: str) -> ClassifyingHospital:
        """Make one hospital's cases ready."""
        return self._prepare(name, self.cohort.of_hospitals([name]))

    def federate(
        self,
        folder: str,
        settings: FederationSettings,
        *,
        hospitals: Sequence[str] | None = None,
        start_from: str | Path | None = None,
        on_state: Callable[[GlobalState], object] | None = None,
    ) -> Simulated:
        """Run a federation in a folder of its own, or go on with the one that is there.

        Parameters
        ----------
        folder : name, under `out`
        settings : the federation's
        hospitals : who takes part; all by default
        start_from, on_state : as for `simulate`
        """
        path = self.out / folder
        return simulate(
            self.recipe,
            self.cohort if hospitals is None else self.cohort.of_hospitals(hospitals),
            path,
            settings,
            device=self.device,
            resume=(path / PROGRESS).is_file(),
            start_from=start_from,
            cache_folder=self.cache_folder,
            workers=self.workers,
            watcher=self.watcher,
            on_state=on_state,
        )

    def judge(self, model: AnyModel | GlobalState) -> Predictions:
        """Give the answers on the test cases, of a model, or of what a model written now would answer."""
        if isinstance(model, GlobalState):
            written = replace(model, tensors=as_written(model.tensors, half=self.recipe.half))
            network = bare(own_network(self.everyone, written, {}))
        else:
            network = model.network.to(self.everyone.device)
        assert isinstance(network, Classifier)
        return self.held_out.answers(
            network, device=self.everyone.device, precision=self.precision, watcher=self.watcher
        )

    def keep(self, state: GlobalState, folder: str, cases: Cohort, *, parent: Model | None) -> Model:
        """Write what training without a federation came to as a model, in a folder of its own.

        Parameters
        ----------
        state : as `train_alone` gives it
        folder : name, under `out`
        cases : that it learned from
        parent : whose weights training began with
        """
        trained = own_network(self.everyone, state, {})
        card = training_card(self.recipe, cases, parent=parent, epochs=state.round, scores={})
        path = self.out / folder / self.recipe.name
        write_model(self.everyone.lesson, trained, card, path)
        return load_model(path)

    def arms(self, *settings: FederationSettings, parent: Model | None = None) -> Arms[Predictions]:
        """Open the store of arms, for a run that all of this decides.

        Parameters
        ----------
        settings : of all federations of the run
        parent : whose weights the first begins with
        """
        decisive = [
            [Agreement(self.recipe, one).digest for one in settings],
            [[case.case, case.hospital, case.label, case.severity, case.split] for case in self.cohort.cases],
            [self.everyone.examples.keys, list(self.everyone.examples.lesions), self.everyone.validation_keys],
            [list(self.held_out.keys), self.precision],
            "" if parent is None else parent.id,
        ]
        run = sha256(json.dumps(decisive).encode()).hexdigest()
        return Arms(self.out / "arms", run, self.watcher, read=read_predictions, write=write_predictions)

    def _prepare(self, name: str, cases: Cohort) -> ClassifyingHospital:
        return Classifying(self.recipe).prepare(
            name,
            cases,
            device=choose_device(self.device),
            cache_folder=self.cache_folder or default_cache_folder() / "slices",
            workers=self.workers,
            watcher=self.watcher,
        )


def wire(simulated: Simulated) -> Facts:
    """Say what a federation sent and what its parts took.

    Returns
    -------
    "bytes_up" and "bytes_down", of one hospital over all rounds of training; "seconds_PART" over all rounds, of the
    slowest hospital for its own work and of all together for protect, add and open; "digest" of the last model.
    """
    rounds = simulated.rows[:-1]  # the last row only judges
    found: Facts = {name: sum(int(row[name]) for row in rounds) for name in ("bytes_up", "bytes_down")}
    for name in (name for name in rounds[0] if name.startswith("seconds_")):
        found[name] = round(sum(float(row[name]) for row in rounds), 3)
    return found | {"digest": simulated.digest}

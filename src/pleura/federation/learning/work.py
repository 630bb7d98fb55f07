"""A hospital with its cases in; what the rounds of a real federation ask of its learning out, model file by model file.

`pleura.federation.rounds` carries rounds through whatever happens and knows nothing of networks; this is the other side
of its `Work`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch

from pleura.errors import ModelError, OutputError, TermsError
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.hospital import Home, work_round
from pleura.federation.learning.lesson import AnyModel, Hospital
from pleura.federation.learning.state import GlobalState, load_state, save_state
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.slots import Numbers
from pleura.federation.secure_sum.sums import Opened
from pleura.training.watcher import Watcher
from pleura.whole_file import whole_file

__all__ = ["Learning"]

_HOME = re.compile(r"home-(\d{6,})\.safetensors")


class Learning:
    """One hospital's learning under one agreement; a model is a file as `save_state` writes it.

    Two must not work at once in threads of one process: they would share torch's generator of random numbers.

    Parameters
    ----------
    hospital : prepared for the agreement's recipe
    agreement : of the federation
    folder : for what stays in the hospital from round to round; made if it is not there
    parent : the model whose weights the federation begins with; None for fresh weights from the recipe's seed
    watcher : told of training's progress

    Raises
    ------
    TermsError
        If the hospital was prepared for another recipe.
    OutputError
        If the folder cannot be made.
    """

    def __init__(
        self,
        hospital: Hospital,
        agreement: Agreement,
        folder: Path,
        *,
        parent: AnyModel | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        if hospital.recipe != agreement.recipe:
            raise TermsError(
                f"hospital {hospital.name} is prepared for recipe {hospital.recipe.name}, the federation trains by "
                f"another, {agreement.recipe.name}; prepare it for that one"
            )
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make {folder}: {error.strerror or error}; name another folder") from error
        self._hospital, self._agreement, self._folder = hospital, agreement, folder
        self._parent, self._watcher = parent, watcher

    @property
    def recipes(self) -> Mapping[str, str]:
        """SHA-256 over recipe and settings, by the recipe's name; there is one."""
        return {self._agreement.recipe.name: self._agreement.digest}

    def layout(self, recipe_hash: str) -> Layout:
        """Lay out a round's vector; `TermsError` if the hash is of another agreement."""
        if recipe_hash != self._agreement.digest:
            raise TermsError(
                f"this hospital trains by agreement {self._agreement.digest[:16]}, not by {recipe_hash[:16]}; "
                "all hospitals need the same recipe and settings"
            )
        return self._agreement.layout

    def begin(self, into: Path) -> None:
        """Write the model before round 0."""
        save_state(self._agreement.begin(self._parent), into)

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Numbers]:
        """Train for one round and give what enters the sum; may be called again for the same round.

        Raises
        ------
        ModelError
            If the model is damaged, or not the one that the round begins with.
        RecipeError
            If training ends in weights that are not finite.
        TermsError
            If the settings ask for more epochs than the round allows; a time budget is cut short instead.
        """
        state = self._load(model, descriptor)
        local = self._agreement.settings.local
        epochs = {"epochs": local.amount, "steps": local.amount / self._hospital.examples.steps}.get(local.unit, 0.0)
        if epochs > descriptor.local_epochs:
            raise TermsError(
                f"the settings ask for {epochs:g} epochs a round, the round allows {descriptor.local_epochs:g}; "
                "the federation's server has to say what was agreed"
            )
        done = work_round(
            self._hospital,
            state,
            self._agreement,
            self._home(state.round),
            most_epochs=descriptor.local_epochs,
            watcher=self._watcher,
        )
        self._keep(done.home, state.round + 1)
        return done.values

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:
        """Write the model that follows from an opened sum; errors as for `contribute`."""
        save_state(self._agreement.advance(self._load(model, descriptor), opened), into)

    def digest(self, model: Path) -> str:
        """Hash a model; `ModelError` if it is damaged."""
        return load_state(model).digest

    def _load(self, model: Path, descriptor: Descriptor) -> GlobalState:
        state = load_state(model)
        if state.round != descriptor.round:
            raise ModelError(f"{model} has {state.round} rounds behind it, and round {descriptor.round} needs another")
        return state

    def _home(self, number: int) -> Home:
        """Read what this hospital kept of the last round before `number` that it worked in; nothing before any."""
        kept = {int(found[1]): path for path in self._folder.iterdir() if (found := _HOME.fullmatch(path.name))}
        before = [which for which in kept if which <= number]
        if not before:
            return {}
        path = kept[max(before)]
        try:
            return safetensors.torch.load(path.read_bytes())
        except (OSError, safetensors.SafetensorError) as error:
            raise ModelError(f"cannot read {path}: {error}; delete it to go on without what it kept") from error

    def _keep(self, home: Home, number: int) -> None:
        """Write what stays here for round `number`; what is older than the round before goes."""
        with whole_file(self._folder / f"home-{number:06d}.safetensors") as made:
            made.write_bytes(safetensors.torch.save(dict(home)))
        kept = sorted((int(found[1]), path) for path in self._folder.iterdir() if (found := _HOME.fullmatch(path.name)))
        for _, path in kept[:-2]:
            path.unlink(missing_ok=True)

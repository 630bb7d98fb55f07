"""A hospital's folder in; what rounds ask of its learning out, and the federation's metrics kept beside the model.

The cases are looked at when a round trains, and not before: a hospital that only checks in answers at once.
"""

import json
import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pleura.data.cohort import read_cohort
from pleura.errors import CohortError, PleuraError
from pleura.federation.deployment.site import METRICS, Site
from pleura.federation.learning.hospital import prepare_hospital
from pleura.federation.learning.lesson import Hospital
from pleura.federation.learning.state import load_state, save_state
from pleura.federation.learning.work import Learning
from pleura.federation.rounds.descriptor import Descriptor
from pleura.federation.rounds.durable import make_folder, write_whole
from pleura.federation.secure_sum.layout import Layout
from pleura.federation.secure_sum.slots import Numbers
from pleura.federation.secure_sum.sums import Opened
from pleura.training.watcher import Watcher

__all__ = ["HospitalWork", "prepare_site"]

_LOG = logging.getLogger(__name__)


class HospitalWork:
    """The `Work` of a hospital's folder.

    Parameters
    ----------
    site : the folder
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._agreement = site.agreement

    @property
    def recipes(self) -> Mapping[str, str]:
        """SHA-256 over recipe and settings of the invitation, by the recipe's name."""
        return {self._agreement.recipe.name: self._agreement.digest}

    def layout(self, recipe_hash: str) -> Layout:
        """Lay out a round's vector; `TermsError` if the hash is of another agreement."""
        return self._learning.layout(recipe_hash)

    def begin(self, into: Path) -> None:
        """Write the model before the first round."""
        save_state(self._agreement.begin(self._site.load_parent()), into)

    def contribute(self, model: Path, descriptor: Descriptor) -> Mapping[str, Numbers]:
        """Train for one round; see `Learning.contribute`."""
        return self._learning.contribute(model, descriptor)

    def advance(self, model: Path, opened: Opened, descriptor: Descriptor, into: Path) -> None:
        """Write the model that follows from an opened sum, and keep how good the one before it was."""
        save_state(self._agreement.advance(load_state(model), opened), into)
        row = {"round": descriptor.round, "hospitals": opened.hospitals, **self._agreement.pool(opened).row()}
        folder = make_folder(self._site.state / METRICS)
        write_whole(folder / f"{descriptor.round:010d}.json", json.dumps(row).encode())

    def digest(self, model: Path) -> str:
        """Hash a model; `ModelError` if it is damaged."""
        return load_state(model).digest

    @cached_property
    def _learning(self) -> Learning:
        try:
            hospital = prepare_site(self._site)
        except PleuraError as error:  # its text names cases, and what is raised here goes to the server
            _LOG.error("the cases cannot be prepared: %s", error)
            raise CohortError("the hospital's cases cannot be prepared; its own log says why") from None
        return Learning(hospital, self._agreement, self._site.state / "home", parent=self._site.load_parent())


def prepare_site(site: Site, watcher: Watcher | None = None) -> Hospital:
    """Make a hospital's cases ready; what is ready already is taken from its slices.

    Raises
    ------
    CohortError
        If the cohort cannot be used, or is synthetic where the federation's cases are real, or the other way about.
    """
    settings = site.settings
    cohort = read_cohort(Path(settings.cohort), classes=())
    if cohort.synthetic != site.invitation.synthetic:
        kinds = {True: "synthetic", False: "real"}
        raise CohortError(
            f"{settings.cohort} holds {kinds[cohort.synthetic]} cases, and the federation trains on "
            f"{kinds[site.invitation.synthetic]} ones; a model says which of the two it learned from: name another "
            "folder in hospital.toml"
        )
    if settings.cases_of:
        cohort = cohort.of_hospitals([settings.cases_of])
    return prepare_hospital(
        settings.name,
        site.invitation.recipe,
        cohort,
        device=settings.device,
        cache_folder=site.folder / "slices",
        workers=settings.workers,
        watcher=watcher,
    )

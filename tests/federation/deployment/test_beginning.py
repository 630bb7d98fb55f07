"""A federation that begins with a model: the invitation names it, each hospital brings it, and no other will do."""

from pathlib import Path

import numpy as np
import pytest

from pleura.errors import ModelError, RecipeError
from pleura.federation.deployment.invitation import Invitation
from pleura.federation.deployment.site import SiteSettings, join_federation
from pleura.federation.deployment.work import HospitalWork
from pleura.federation.learning.agreement import Agreement
from pleura.federation.learning.lesson import Recipe
from pleura.federation.learning.settings import FederationSettings
from pleura.federation.learning.state import load_state
from pleura.federation.rounds.policy import read_policy
from pleura.models.files import load_model
from training import masked_micro, slice_micro


def invitation(recipe: Recipe, parent: str = "") -> Invitation:
    return Invitation(
        host="localhost",
        port=8002,
        coordinator_port=8003,
        coordinator="0" * 64,
        authority="",
        synthetic=True,
        parent=parent,
        recipe=recipe,
        settings=FederationSettings(name="valley"),
    )


@pytest.mark.parametrize("recipe", [slice_micro.recipe("covid"), masked_micro.recipe("lesions")])
def test_an_invitation_of_either_kind_is_read_back(recipe: Recipe) -> None:
    read = Invitation.parse(invitation(recipe, "ab" * 32).to_text())
    assert read == Invitation.parse(read.to_text())
    assert type(read.recipe) is type(recipe)
    assert (read.recipe.task, read.parent) == (recipe.task, "ab" * 32)
    with_parent, without = (Agreement(read.recipe, read.settings, parent) for parent in (read.parent, ""))
    assert with_parent.digest != without.digest
    assert with_parent.layout == without.layout


def test_what_no_federation_trains_is_refused() -> None:
    text = invitation(slice_micro.recipe("covid")).to_text()
    with pytest.raises(RecipeError, match="a slice cleaner is not trained in a federation"):
        Invitation.parse(text.replace('task = "covid"', 'task = "cleaner"'))
    with pytest.raises(RecipeError, match="need a model's id"):
        Invitation.parse(text.replace('parent = ""', 'parent = "dl1"'))


def test_a_hospital_joins_with_the_model_and_its_rounds_begin_with_it(tmp_path: Path) -> None:
    first = load_model(slice_micro.write_model(tmp_path / "models", "viral", seed=5))
    other = slice_micro.write_model(tmp_path / "others", "viral", seed=6)
    path = tmp_path / "invitation.toml"
    path.write_text(invitation(slice_micro.recipe("covid"), first.id).to_text())
    settings = SiteSettings(name="aare", cohort=str(tmp_path))
    for model, said in ((None, "none is given"), (other, f"begins with model {first.id[:16]}")):
        with pytest.raises(ModelError, match=said):
            join_federation(tmp_path / "aare", path, settings, start_from=model)
        assert not (tmp_path / "aare").exists()
    site = join_federation(tmp_path / "aare", path, settings, start_from=first.path)
    assert read_policy(site.folder / "policy.toml").recipes == (f"sha256:{site.agreement.digest}",)
    HospitalWork(site).begin(tmp_path / "state")
    begun, kept = load_state(tmp_path / "state").tensors, first.network.state_dict()
    carried = [name for name in begun if not name.startswith("classifier.")]
    assert len(carried) == len(begun) - 2
    for name in carried:
        np.testing.assert_array_equal(begun[name], kept[name].numpy())
    assert not np.array_equal(begun["classifier.weight"], kept["classifier.weight"].numpy())
    weights = site.folder / "parent" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelError):
        HospitalWork(site).begin(tmp_path / "again")


def test_a_model_where_none_is_wanted_is_refused(tmp_path: Path) -> None:
    model = slice_micro.write_model(tmp_path / "models", "viral")
    path = tmp_path / "invitation.toml"
    path.write_text(invitation(slice_micro.recipe("covid")).to_text())
    with pytest.raises(RecipeError, match="join without a model"):
        join_federation(tmp_path / "aare", path, SiteSettings(name="aare", cohort=str(tmp_path)), start_from=model)
